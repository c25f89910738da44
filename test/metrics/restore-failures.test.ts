import { Metrics } from '../../agent-image/src/metrics';
import { SessionMeters } from '../../agent-image/src/session-meters';
import { WorkspaceFenced } from '../../agent-image/src/workspace/object-store';
import { samplesOfEmf } from '../../lib/testing';

/** What the agent reports of bringing a session back. */
async function failuresOf(restore: () => Promise<{ readonly bytes: number }>): Promise<number[]> {
  const lines: string[] = [];
  const metrics = new Metrics({ namespace: 'N', agentName: 'support', write: (line) => lines.push(line) });
  await new SessionMeters(metrics, 'session').restoring(restore).catch(() => undefined);
  return samplesOfEmf(lines)
    .filter(({ metricName }) => metricName === 'RestoreFailures')
    .map(({ value }) => value);
}

test.each([
  ['that is brought back is none', () => Promise.resolve({ bytes: 1 }), 0],
  ['that cannot be read is one', () => Promise.reject(new Error('no storage')), 1],
  ['that another container has taken over is none', () => Promise.reject(new WorkspaceFenced()), 0],
])('of the failures a session %s', async (_what, restore, failures) => {
  expect(await failuresOf(restore)).toEqual([failures]);
});

test('that a session was taken over is told to whoever asked for it', async () => {
  const meters = new SessionMeters(new Metrics({ namespace: 'N', agentName: 'a', write: () => undefined }), 's');
  await expect(meters.restoring(() => Promise.reject(new WorkspaceFenced()))).rejects.toThrow(WorkspaceFenced);
});
