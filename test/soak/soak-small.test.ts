import { soak } from './soak';

// The long one is `npm run test:soak`.
it('a few sessions survive what goes wrong in their turns', async () => {
  const { problems, turns, upsets } = await soak({ seed: 19, sessions: 4, turns: 36 });

  expect(problems).toEqual([]);
  expect(turns).toBe(36);
  const disturbances = ['leave', 'cancel', 'kill-agent', 'kill-server', 'stop-server'];
  expect(Object.keys(upsets)).toEqual(expect.arrayContaining(disturbances));
}, 120_000);
