"""Reads the results of `runaway test` as CI systems do: SARIF by sarif-tools, JUnit XML by junitparser."""

import json
import pathlib
import sys

import junitparser
import sarif.loader

folder = pathlib.Path(sys.argv[1])
findings = sarif.loader.load_sarif_file(str(folder / "results.sarif")).get_results()
suites = junitparser.JUnitXml.fromfile(str(folder / "junit.xml"))
print(json.dumps({
    "sarif": len(findings),
    "open": sum(1 for finding in findings if not finding.get("suppressions")),
    "failures": suites.failures,
}))
