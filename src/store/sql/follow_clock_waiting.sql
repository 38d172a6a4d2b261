UPDATE waiting SET since_at = since_at + :jump, next_try_at = next_try_at + :jump
