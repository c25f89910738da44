import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ResolvedTemplate } from '../../../lib/testing';
import type { Assembly } from '../../../bin/local/assembly';
import { withManagedPolicies } from '../../../bin/local/aws-managed-policies';
import { readFunction } from '../../../bin/local/resources/function';
import { functionResources } from './support/tool-app';

describe('a function that cannot be run here', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'local-function-'));
    writeFileSync(join(folder, 'code.zip'), '');
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each<[string, object, string]>([
    ['another language', { Runtime: 'python3.13' }, 'its runtime is python3.13; those of Node.js are run locally'],
    ['an image', { PackageType: 'Image' }, 'it is a container image'],
    ['code in the template', { Code: { ZipFile: 'exports.handler' } }, 'put it into a folder: Code.fromAsset'],
    ['code of elsewhere', { Code: { S3Key: 'other' } }, 'its code is not an asset of this app'],
    ['an archive', { Code: { S3Key: 'archive' } }, 'code.zip is an archive'],
    ['layers', { Layers: ['arn'] }, 'it has layers'],
    ['a role of elsewhere', { Role: 'arn:aws:iam::000000000000:role/other' }, 'is not in the template'],
  ])('says why: %s', (_, properties, message) => {
    const Resources = functionResources('Tool', { properties: { Code: { S3Key: 'good' }, ...properties } });
    const template = new ResolvedTemplate(withManagedPolicies({ Resources }));
    const files = new Map([
      ['good', { path: folder }],
      ['archive', { path: join(folder, 'code.zip') }],
    ]);
    const assembly: Assembly = { stacks: [], images: new Map(), files };

    expect(() => readFunction(assembly, template, 'Tool')).toThrow(message);
  });

  it('says why: a policy of AWS that is not known here', () => {
    const resources = functionResources('Tool', { properties: { Code: { S3Key: 'good' } } });
    const role = resources.ToolRole as { readonly Properties: object };
    const ManagedPolicyArns = ['arn:aws:iam::aws:policy/AdministratorAccess'];
    const Resources = { ...resources, ToolRole: { ...role, Properties: { ...role.Properties, ManagedPolicyArns } } };
    const files = new Map([['good', { path: folder }]]);
    const template = new ResolvedTemplate(withManagedPolicies({ Resources }));

    expect(() => readFunction({ stacks: [], images: new Map(), files }, template, 'Tool')).toThrow(
      'uses the managed policy arn:aws:iam::aws:policy/AdministratorAccess',
    );
  });
});
