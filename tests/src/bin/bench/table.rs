//! The table of figures: what is measured, what it must reach, and what is aimed for.

use tests::load::Figures;

pub const MIB: f64 = 1_048_576.0;

#[derive(Clone, Copy)]
pub enum Goal {
    AtLeast(f64),
    AtMost(f64),
    OfBareAtLeast(f64),
    OfBareAtMost(f64),
}

impl Goal {
    fn met(self, ours: f64, bare: Option<f64>) -> bool {
        let ratio = bare.map_or(f64::NAN, |b| ours / b);
        match self {
            Goal::AtLeast(least) => ours >= least,
            Goal::AtMost(most) => ours <= most,
            Goal::OfBareAtLeast(least) => ratio >= least,
            Goal::OfBareAtMost(most) => ratio <= most,
        }
    }

    fn text(self) -> String {
        match self {
            Goal::AtLeast(least) => format!(">= {}", number(least)),
            Goal::AtMost(most) => format!("<= {}", number(most)),
            Goal::OfBareAtLeast(least) => format!(">= {:.0} % of bare", least * 100.0),
            Goal::OfBareAtMost(most) => format!("<= {most}x bare"),
        }
    }
}

struct Row {
    name: String,
    ours: f64,
    bare: Option<f64>,
    must: Option<Goal>,
    aim: Goal,
}

#[derive(Default)]
pub struct Table(Vec<Row>);

impl Table {
    pub fn add(&mut self, name: &str, ours: f64, bare: Option<f64>, must: Option<Goal>, aim: Goal) {
        self.0.push(Row {
            name: name.to_owned(),
            ours,
            bare,
            must,
            aim,
        });
    }

    pub fn missed(&self) -> usize {
        self.0
            .iter()
            .filter(|r| r.must.is_some_and(|m| !m.met(r.ours, r.bare)))
            .count()
    }

    pub fn print(&self) {
        println!("\n| | Daylight | bare | ratio | must | | aim | |");
        println!("|---|---|---|---|---|---|---|---|");
        let word = |goal: Goal, row: &Row, no: &'static str| {
            if goal.met(row.ours, row.bare) {
                "yes"
            } else {
                no
            }
        };
        for row in &self.0 {
            println!(
                "| {} | {} | {} | {} | {} | {} | {} | {} |",
                row.name,
                number(row.ours),
                row.bare.map(number).unwrap_or_default(),
                row.bare
                    .map(|b| format!("{:.2}", row.ours / b))
                    .unwrap_or_default(),
                row.must.map(Goal::text).unwrap_or_default(),
                row.must.map_or("", |m| word(m, row, "**MISSED**")),
                row.aim.text(),
                word(row.aim, row, "not yet"),
            );
        }
    }
}

pub fn number(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

pub fn middle(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

pub fn median(figures: &[Figures], of: fn(&Figures) -> f64) -> f64 {
    middle(figures.iter().map(of).collect())
}
