//! JUnit XML, as CI systems read it: a suite for each case, a test for its verdict and for each limit.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::case::{Case, Standing};
use super::results::{Compared, Results};

/// Renders the results.
///
/// # Errors
///
/// None that a string in memory could have.
pub fn junit(results: &Results) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new("runaway");
    report.add_test_suites(results.cases.iter().map(suite));
    report.add_test_suites(results.compared.iter().map(baseline));
    report.to_string()
}

/// Whether it is no worse than before.
fn baseline(compared: &Compared) -> TestSuite {
    let told = compared.delta.told();
    let lines = told.iter().flat_map(|(title, lines)| lines.iter().map(move |line| format!("{title}: {line}")));
    let told = lines.collect::<Vec<_>>().join("\n");
    let status = match compared.closes {
        true => failure(NonSuccessKind::Failure, "worse than the baseline", &told),
        false => TestCaseStatus::success(),
    };
    let mut test = TestCase::new("no worse than before", status);
    test.set_classname("baseline");
    test.set_system_out(told);
    let mut suite = TestSuite::new("baseline");
    suite.add_test_case(test);
    suite
}

fn suite(case: &Case) -> TestSuite {
    let mut suite = TestSuite::new(&*case.name);
    suite.add_property(Property::new("file", format!("{}:{}", case.file, case.line)));
    suite.add_property(Property::new("expected", &*case.expected));
    suite.add_property(Property::new("verdict", &*case.verdict));
    suite.add_property(Property::new("journal_digest", &*case.journal_digest));
    suite.add_test_case(verdict(case));
    for limit in &case.limits {
        let status = match (limit.holds, &limit.suppressed) {
            (Some(false), None) if !case.is_to_fail() => failure(NonSuccessKind::Failure, &limit.told, &whole(case)),
            (Some(false), Some(_)) => TestCaseStatus::skipped(),
            (None, _) if case.standing == Standing::Inconclusive => {
                failure(NonSuccessKind::Error, &limit.told, &whole(case))
            }
            (None, _) => TestCaseStatus::skipped(),
            _ => TestCaseStatus::success(),
        };
        let mut test = TestCase::new(format!("limit {}", limit.measure), status);
        test.set_classname(&*case.name);
        test.set_system_out(format!("{}\n{}:{}", limit.told, case.file, limit.line));
        suite.add_test_case(test);
    }
    suite.set_time(Duration::from_secs_f64(case.seconds));
    suite
}

fn verdict(case: &Case) -> TestCase {
    let status = match case.standing {
        Standing::AsExpected => TestCaseStatus::success(),
        Standing::Suppressed => TestCaseStatus::skipped(),
        Standing::Unexpected => failure(NonSuccessKind::Failure, &case.complaint(), &whole(case)),
        Standing::Inconclusive | Standing::Aborted => failure(NonSuccessKind::Error, &case.complaint(), &whole(case)),
    };
    let mut test = TestCase::new("verdict", status);
    test.set_classname(&*case.name);
    test.set_time(Duration::from_secs_f64(case.seconds));
    test.set_system_out(&*case.headline);
    test
}

fn failure(kind: NonSuccessKind, message: &str, description: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(message).set_description(description);
    status
}

/// What somebody needs who looks at a red test.
fn whole(case: &Case) -> String {
    let reasons = case.reasons.iter().map(|reason| format!("- {reason}"));
    let causes =
        case.causes.iter().map(|cause| format!("{}:{}: {}: {}", case.file, cause.line, cause.path, cause.told));
    std::iter::once(case.headline.clone()).chain(reasons).chain(causes).collect::<Vec<_>>().join("\n")
}
