//! OFD
use super::*;
/// x
pub fn read(_: &[u8], _: &Limits) -> Result<Document, Refusal> { Err(Refusal::Empty) }
