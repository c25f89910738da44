import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnDeletionPolicy, CfnOutput, CfnResource, type Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { ClaudeAgentStack } from '../bin/app/claude-agent-stack';
import * as library from '../lib';

const readme = readFileSync(join(__dirname, '..', 'README.md'), 'utf8');

/** The text below a heading, up to the next one of any level. */
function section(heading: string): string {
  const [, text = ''] = new RegExp(`^#+ ${heading}\n([\\s\\S]*?)(?=^#)`, 'm').exec(readme) ?? [];
  return text;
}

/** What stands between backticks in the first column of the tables of a text. */
function firstColumn(text: string): (string | undefined)[] {
  return [...text.matchAll(/^\| (`[^|]*)\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
}

let stack: Stack;

beforeAll(() => {
  stack = new ClaudeAgentStack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'ClaudeAgentStack');
});

describe('the README about the stack of the sample', () => {
  test('lists the constructs that the sample is made of', () => {
    // Those that the library makes inside of its own are not the app's.
    const isOfLibrary = (one: IConstruct): boolean => one.constructor.name in library;
    const constructs = stack.node.children.flatMap((one) => (isOfLibrary(one) ? one : one.node.children));
    const used = constructs.filter(isOfLibrary).map((one) => one.constructor.name);
    expect(firstColumn(section('Deploy it')).sort()).toEqual([...new Set(used)].sort());
  });

  test('names every output, and calls it by a variable of its name in the commands', () => {
    const outputs = stack.node.children.filter((one) => one instanceof CfnOutput).map(({ node }) => node.id);
    const [, sentence = ''] = /The capitals are outputs of the stack:(.*)/.exec(readme) ?? [];
    expect([...sentence.matchAll(/`(\w+)`/g)].map(([, name]) => name).sort()).toEqual(outputs.sort());

    // What a shell or another command gives.
    const others = ['AWS_REGION', 'API_ACCESS_LOG', 'FAILED', 'LIST', 'SECRET', 'TOKEN'];
    const commands = section('Deploy it') + section('Remove it');
    const variables = new Set([...commands.matchAll(/\$\{?([A-Z_]+)\b/g)].map(([, name = '']) => name));
    const known = outputs.map((name) => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase());
    expect([...variables].filter((name) => !known.includes(name) && !others.includes(name))).toEqual([]);
    expect(variables.size).toBeGreaterThan(others.length);
  });

  test('lists what stays when the stack is deleted, and where its name is', () => {
    const kept: unknown[] = [CfnDeletionPolicy.RETAIN, CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE];
    const retained = stack.node
      .findAll()
      .filter((one) => one instanceof CfnResource && kept.includes(one.cfnOptions.deletionPolicy))
      .map(({ node }) => node.path.replace('ClaudeAgentStack/', '').replace(/\/Resource$/, ''));
    expect(retained).toContain('Workspace/Bucket');
    expect(firstColumn(section('Remove it')).sort()).toEqual(retained.sort());
  });
});
