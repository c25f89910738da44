import { Metrics } from '../../agent-image/src/metrics';
import { RefusedRequest } from '../../agent-image/src/protocol';
import { SessionMeters, type SessionMetersOptions } from '../../agent-image/src/session-meters';
import { WorkspaceDamaged } from '../../agent-image/src/workspace/format/entries';
import { WorkspaceFenced, WorkspaceUnavailable } from '../../agent-image/src/workspace/object-store';
import { samplesOfEmf } from '../../lib/testing';

/** `<metric> = <value>` of all that a session reports, but for times. */
async function reported(
  act: (meters: SessionMeters) => Promise<unknown>,
  options: SessionMetersOptions = {},
): Promise<string[]> {
  const lines: string[] = [];
  const metrics = new Metrics({ namespace: 'N', agentName: 'support', write: (line) => lines.push(line) });
  await act(new SessionMeters(metrics, 'session', options)).catch(() => undefined);
  return samplesOfEmf(lines)
    .filter(({ metricName }) => !metricName.endsWith('Time'))
    .map(({ metricName, value }) => `${metricName} = ${String(value)}`);
}

const unavailable = (): Promise<never> => Promise.reject(new WorkspaceUnavailable('Cannot read', 'grant it'));
const damaged = (): Promise<never> => Promise.reject(new WorkspaceDamaged('the record', 'is cut'));
const refused = (): Promise<never> => Promise.reject(new RefusedRequest('NOT_SESSION_OWNER', 'not yours'));

test.each([
  ['that is brought back is none', () => Promise.resolve({ bytes: 1 }), 0],
  ['that cannot be read is one', unavailable, 1],
  ['that another container has taken over is none', () => Promise.reject(new WorkspaceFenced()), 0],
])('of the failures a session %s', async (_what, restore, failures) => {
  expect(await reported((meters) => meters.restoring(restore))).toContain(`RestoreFailures = ${String(failures)}`);
});

test.each([
  ['whose storage cannot be reached is a failure, and not open', unavailable, ['RestoreBytes = 0', 'RestoreFailures = 1']], // prettier-ignore
  ['whose record is damaged is a failure, and not open', damaged, ['RestoreBytes = 0', 'RestoreFailures = 1']],
  ['that its caller may not open is none', refused, []],
  ['that is there is counted as one', () => Promise.resolve(), ['Sessions = 1']],
])('a session %s', async (_what, open, expected) => {
  expect(await reported((meters) => meters.opening(open))).toEqual(expected);
});

test('of a session that is kept nowhere, only what fails is reported', async () => {
  const kept = () => Promise.resolve({ kind: 'unchanged' } as const);
  const nowhere = { isKept: false };
  expect(await reported((meters) => meters.restoring(() => Promise.resolve({ bytes: 0 })), nowhere)).toEqual([]);
  expect(await reported((meters) => meters.flushing(kept), nowhere)).toEqual([]);
  expect(await reported((meters) => meters.flushing(kept))).toEqual(['FlushBytes = 0', 'FlushFailures = 0']);
  expect(await reported((meters) => meters.opening(damaged), nowhere)).toContain('RestoreFailures = 1');
});

test.each(['restoring', 'opening'] as const)('what fails while %s is told to whoever asked for it', async (act) => {
  const meters = new SessionMeters(new Metrics({ namespace: 'N', agentName: 'a', write: () => undefined }), 's');
  await expect(meters[act](unavailable)).rejects.toThrow(WorkspaceUnavailable);
});
