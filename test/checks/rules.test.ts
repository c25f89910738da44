import { RULES } from '../../lib/checks/rules';
import { GATEWAY_CASES } from './cases/gateway-cases';
import { ROLE_CASES } from './cases/role-cases';
import { RUNTIME_CASES } from './cases/runtime-cases';
import { SURROUNDING_CASES } from './cases/surrounding-cases';
import { findingsIn, idsIn } from './support/checked-app';
import { runtime } from './support/resources';

const CASES = [...RUNTIME_CASES, ...GATEWAY_CASES, ...ROLE_CASES, ...SURROUNDING_CASES];

describe.each(CASES)('$id', ({ id, mistake, wrong, right, detail }) => {
  it(`finds ${mistake}`, () => {
    expect(idsIn(wrong)).toContain(detail === undefined ? id : `${id}[${detail}]`);
  });

  it(`is silent one step beside ${mistake}`, () => {
    expect(findingsIn(right).filter((line) => line.startsWith(id))).toEqual([]);
  });
});

describe('AgentCore-NW4', () => {
  it('finds a Region without AgentCore', () => {
    expect(idsIn((stack) => runtime(stack), { env: { region: 'af-south-1' } })).toEqual(['AgentCore-NW4']);
  });

  it.each(['eu-central-1', undefined])('is silent in the Region %s', (region) => {
    expect(idsIn((stack) => runtime(stack), { env: region === undefined ? {} : { region } })).toEqual([]);
  });
});

describe('the rules', () => {
  it('have a case each', () => {
    const tested = new Set([...CASES.map(({ id }) => id), 'AgentCore-NW4']);
    expect(RULES.map(({ id }) => id).filter((id) => !tested.has(id))).toEqual([]);
  });

  it('have ids of their own', () => {
    expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
  });

  it.each(RULES)('$id says what to do in sentences and where AWS says so', ({ title, why, remedy, documentation }) => {
    expect(title).toMatch(/^[A-Z][^.]*[^.]$/);
    expect(why).toMatch(/[^.]$/);
    expect(remedy).toMatch(/^[A-Z].*\.$/);
    expect(documentation).toMatch(/^https:\/\/docs\.aws\.amazon\.com\/.*\.html$/);
  });
});
