// Adds up the reports of all tiers. Names each failure, since a long log may be cut at the front, and prints "N passed, N failed" last.
// usage: node .ci/summary.mjs STATUS REPORT...   (STATUS: 1 when a command failed, whatever the reports say)
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

const [status, ...files] = process.argv.slice(2);
const failures = [];
let passed = 0;

for (const file of files) {
  if (!existsSync(file)) {
    failures.push(`${basename(file)}: this report was never written`);
    continue;
  }
  const report = JSON.parse(readFileSync(file, 'utf8'));
  passed += report.checks ? report.passed : report.numPassedTests;
  failures.push(...(report.checks ? ofRehearsal(report) : ofTests(report)));
}
if (status === '1' && failures.length === 0)
  failures.push('a command failed, though its report says nothing: see above');

for (const failure of failures) console.log(`failed: ${failure}`);
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 && passed > 0 ? 0 : 1;

/** @returns the failures in a report of the rehearsal */
function ofRehearsal({ checks, failure }) {
  const failed = checks.filter(({ ok, skipped }) => !ok && skipped === undefined);
  return [
    ...failed.map(({ group, name, got }) => `rehearsal, ${group}: ${name}\n    got: ${got}`),
    ...(failure === undefined ? [] : [`rehearsal: ${failure}`]),
  ];
}

/** @returns the failures in a report of vitest: tests, and files that could not be loaded */
function ofTests({ testResults }) {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (status === 'failed' && failed.length === 0) return [`${name}\n    ${firstLines(message)}`];
    return failed.map(
      ({ fullName, failureMessages }) => `${name}\n    ${fullName}\n    ${firstLines(failureMessages[0])}`,
    );
  });
}

/** @returns a failure's message, with the places in our own code only */
function firstLines(message = '') {
  const own = message.split('\n').filter((line) => !/^\s+at .*(node_modules|node:|<anonymous>)/.test(line));
  return own.slice(0, 12).join('\n    ');
}
