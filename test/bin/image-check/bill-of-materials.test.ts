import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { billOfMaterialsFindings } from '../../../bin/image-check/bill-of-materials';

const SDK = '@anthropic-ai/claude-agent-sdk';
const PROGRAM = `${SDK}-linux-arm64`;
const PATH = 'usr/share/sbom/claude-agent-image.cdx.json';

const named = (name: string, version = '1.2.3'): object => ({ type: 'library', name, version });
const document = (...components: unknown[]): string =>
  JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', components });

describe('billOfMaterialsFindings', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bill-of-materials-'));
    lock({ [SDK]: '1.2.3', [PROGRAM]: '1.2.3' });
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('finds nothing when the SDK and its ARM64 program are named as they are locked', () => {
    expect(findings(document(named('ws'), named(SDK), named(PROGRAM)))).toEqual([]);
  });

  it('finds that there is none', () => {
    expect(findings()).toEqual([`it has no bill of materials: /${PATH} cannot be read`]);
  });

  it.each(['', 'null', '{"bomFormat":"CycloneDX"}', '{"bomFormat":"SPDX","components":[]}'])(
    'finds that %j is no CycloneDX document',
    (text) => {
      expect(findings(text)).toEqual([`its bill of materials is no CycloneDX document with components: /${PATH}`]);
    },
  );

  it('finds the program of another platform and another version of the SDK', () => {
    expect(findings(document(named(SDK, '1.2.2'), named(`${SDK}-linux-x64`), null))).toEqual([
      `its lock file has ${SDK} 1.2.3, and its bill of materials names 1.2.2`,
      `its lock file has ${PROGRAM} 1.2.3, and its bill of materials does not name it`,
    ]);
  });

  it('finds a lock file without the program, whatever the bill says', () => {
    lock({ [SDK]: '1.2.3' });

    expect(findings(document(named(SDK), named(PROGRAM)))).toEqual([
      `its lock file has ${PROGRAM} not at all, and its bill of materials names 1.2.3`,
    ]);
  });

  function lock(versions: Record<string, string>): void {
    const entries = Object.entries(versions).map(([name, version]) => [`node_modules/${name}`, { version }]);
    put('context/package-lock.json', JSON.stringify({ lockfileVersion: 3, packages: Object.fromEntries(entries) }));
  }

  function put(path: string, text: string): void {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }

  function findings(text?: string): string[] {
    if (text !== undefined) put(`image/${PATH}`, text);
    return billOfMaterialsFindings(join(directory, 'image'), join(directory, 'context'));
  }
});
