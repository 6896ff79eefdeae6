use runaway::model::Baseline;
use runaway::plane::driver::*;
use runaway::run::*;
use runaway::scenario::*;
use runaway::wire::*;
use std::sync::Arc;
struct N;
impl Snapshots for N {
    fn left(&self, _: Tick, _: &runaway::world::World, _: &mut dyn Iterator<Item = CredId>, _: &mut Log, _: Snapshot) {}
}
#[test]
fn go() {
    let m = [
        "outcome",
        "excess.records",
        "held",
        "depth",
        "survivors",
        "leftover",
        "leftover.records",
        "closed",
        "excess",
        "excess.delete",
        "irreversible",
        "spared",
    ];
    for s in runaway::library::SCENARIOS {
        let d = parse(Source { name: s.name.into(), text: s.text.into() }, &m).unwrap_or_else(|e| panic!("{e}"));
        match d.check() {
            Ok(w) => println!("{} warnings", w.len()),
            Err(e) => panic!("{e}"),
        }
        for v in std::iter::once(None).chain(d.variants().into_iter().map(|v| Some(v.name))) {
            let r = d.resolve(v.as_deref(), &Overrides::default()).unwrap();
            let plan = Arc::new(r.plan);
            let b = Baseline::empty(&plan);
            let mut k = Kept::default();
            let t = std::time::Instant::now();
            let end = simulate(&plan, &b, Behaviour::Faulty, &N, &Stop::default(), &mut k).unwrap();
            let asked = k.0.iter().filter(|e| matches!(e, Event::Asked { purpose: Purpose::Agent, .. })).count();
            let got = k.0.iter().filter(|e| matches!(e, Event::Got { .. })).count();
            let del = k.0.iter().filter(|e| matches!(e, Event::Touched { effect: Effect::Delete, .. })).count();
            println!(
                "{} {:?}: {} events, {} asked, {} got, {} deletes, end {} settled {} in {:?}",
                s.name,
                v,
                k.0.len(),
                asked,
                got,
                del,
                end.at,
                end.settled,
                t.elapsed()
            );
        }
    }
}
