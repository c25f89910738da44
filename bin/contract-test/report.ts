import type { CheckResult } from './run';

/** A result for a person: one line, and for what failed what the contract says and what to do. */
export function resultText(result: CheckResult): string {
  const { status, id, contract, source, remedy } = result;
  const line = `${status}  ${id.padEnd(20)}  ${contract}`;
  switch (result.status) {
    case 'PASS':
      return line;
    case 'SKIP':
      return `${line}\n      not checked: ${result.reason}`;
    case 'FAIL':
      return `${line}\n      found:  ${result.reason}\n      remedy: ${remedy}\n      source: ${source}`;
  }
}

export function summaryText(results: readonly CheckResult[]): string {
  const count = (status: CheckResult['status']): number => results.filter((result) => result.status === status).length;
  return `${count('PASS')} passed, ${count('FAIL')} failed, ${count('SKIP')} skipped`;
}
