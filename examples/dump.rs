fn main() {
    for a in std::env::args().skip(1) {
        let b = std::fs::read(&a).unwrap();
        match gouji::document::read(&b, &a, &Default::default()) {
            Ok(d) => {
                println!("{:?} {:?}", d.format, d.meta);
                for b in d.blocks {
                    match b {
                        gouji::document::Block::Grid(g) => {
                            println!("GRID {:?}", g.columns);
                            let mut r = usize::MAX;
                            for c in g.cells {
                                if c.row != r {
                                    println!();
                                    r = c.row;
                                }
                                print!("[{}+{} {:?}]", c.column, c.column_span, c.text);
                            }
                            println!();
                        }
                        o => println!("{o:?}"),
                    }
                }
            }
            Err(e) => println!("{e:?}"),
        }
    }
}
