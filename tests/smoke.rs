use runaway::measure;
use runaway::plane::driver::*;
use runaway::run::*;
use runaway::scenario::*;
#[test]
fn go() {
    let m = measure::registry::keys();
    for s in runaway::library::SCENARIOS {
        let d = parse(Source { name: s.name.into(), text: s.text.into() }, &m).unwrap_or_else(|e| panic!("{e}"));
        match d.check() {
            Ok(w) => println!("{} warnings", w.len()),
            Err(e) => panic!("{e}"),
        }
        for v in std::iter::once(None).chain(d.variants().into_iter().map(|v| Some(v.name))) {
            let t = std::time::Instant::now();
            let mut p = prepare(&d, v.as_deref(), &Overrides::default(), &Stop::default()).unwrap();
            let mut k = Kept::default();
            p.simulate(&Stop::default(), &mut k).unwrap();
            p.compare_with_human_pace(&k.0, &Stop::default()).unwrap();
            let f = p.finish(&k.0, true);
            println!(
                "\n== {} {:?} {:?}: {} expect {:?}\n   {}",
                s.name,
                v,
                t.elapsed(),
                f.judgement.verdict.name(),
                p.plan.expectations.verdict,
                measure::headline(&p.plan, &p.references, &f.measures)
            );
            for r in &f.judgement.reasons {
                println!("   {r}");
            }
            println!(
                "   {}",
                f.measures.values().map(|(m, v)| format!("{}={}", m.key, v)).collect::<Vec<_>>().join("; ")
            );
        }
    }
}
