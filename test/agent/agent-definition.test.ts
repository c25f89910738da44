import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AgentDefinition } from '../../lib/agent/agent-definition';
import { PERMITTED_TOOLS } from '../../lib/agent/definition-rules';

let root: string;
let source: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'agent-definition-'));
  source = join(root, 'source');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(files: Record<string, string | Buffer>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(source, path)), { recursive: true });
    writeFileSync(join(source, path), content);
  }
}

const read = (): AgentDefinition => AgentDefinition.fromDirectory(source);

/** The message of the error that reading the definition throws. */
function failure(): string {
  try {
    read();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the definition was accepted');
}

const agent = (lines: string, prompt = 'You review.'): string => `---\n${lines}\n---\n${prompt}\n`;
const REVIEWER = 'name: reviewer\ndescription: Reviews';
const servers = (mcpServers: unknown): string => JSON.stringify({ mcpServers });

describe('what the agent server gets', () => {
  function written(): { content: unknown; file: (path: string) => string } {
    const target = join(root, 'target');
    read().writeTo(target);
    return {
      content: JSON.parse(readFileSync(join(target, 'definition.json'), 'utf8')),
      file: (path) => join(target, path),
    };
  }

  it('is everything that the directory defines', () => {
    write({
      'system-prompt.md': '\uFEFFYou know the tides.\r\nAll of them.\r\n',
      'agents/one.md': agent(`${REVIEWER}\ntools: Read, mcp__tides\nmodel: fast`),
      'agents/two.md': agent('# a comment\nname: "reader"\ndescription: \'Reads: all\''),
      'skills/tide-table/SKILL.md': agent(
        'name: tide-table\ndescription: Use when: "tides"\nlicense: MIT',
        'Look it up.',
      ),
      'mcp.json': servers({
        tides: { type: 'http', url: 'https://tides.example.com/mcp', headers: { 'X-Place': 'A' } },
      }),
      'tools.json': '["Read", "Grep"]',
    });
    expect(written().content).toEqual({
      systemPrompt: 'You know the tides.\nAll of them.',
      agents: {
        reviewer: { description: 'Reviews', prompt: 'You review.', tools: ['Read', 'mcp__tides'], model: 'fast' },
        reader: { description: 'Reads: all', prompt: 'You review.' },
      },
      skills: ['tide-table'],
      mcpServers: { tides: { type: 'http', url: 'https://tides.example.com/mcp', headers: { 'X-Place': 'A' } } },
      tools: ['Read', 'Grep'],
    });
  });

  it('has skills with their files, programs that can be started, and a head that is YAML', () => {
    write({
      'skills/tide/SKILL.md': agent('name: tide\ndescription: Use when: "tides"', 'Look it up.'),
      'skills/tide/scripts/now.sh': '#!/bin/sh\n',
      'skills/tide/table.bin': Buffer.from([0, 255, 254]),
    });
    chmodSync(join(source, 'skills/tide/scripts/now.sh'), 0o700);
    const { file } = written();
    expect(readFileSync(file('plugin/skills/tide/SKILL.md'), 'utf8')).toBe(
      '---\nname: "tide"\ndescription: "Use when: \\"tides\\""\n---\nLook it up.\n',
    );
    expect(readFileSync(file('plugin/skills/tide/table.bin'))).toEqual(Buffer.from([0, 255, 254]));
    expect(statSync(file('plugin/skills/tide/scripts/now.sh')).mode & 0o100).toBe(0o100);
    expect(JSON.parse(readFileSync(file('plugin/.claude-plugin/plugin.json'), 'utf8'))).toEqual({ name: 'agent' });
  });

  it('may be a prompt alone', () => {
    write({ 'system-prompt.md': 'You know the tides.' });
    const { content, file } = written();
    expect(content).toEqual({ systemPrompt: 'You know the tides.', agents: {}, skills: [], mcpServers: {}, tools: [] });
    expect(existsSync(file('plugin'))).toBe(false);
  });
});

describe('the hash of a definition', () => {
  const SKILL = {
    'skills/tide/SKILL.md': agent('name: tide\ndescription: Tides'),
    'skills/tide/now.sh': '#!/bin/sh\n',
  };

  it('stays the same whatever lies beside the definition', () => {
    write(SKILL);
    const before = read().hash;
    write({ 'README.md': 'About this agent', '.DS_Store': 'x', 'skills/tide/.env': 'SECRET=1', '.git/HEAD': 'x' });
    expect(read().hash).toBe(before);
    read().writeTo(join(root, 'target'));
    expect(existsSync(join(root, 'target/plugin/skills/tide/.env'))).toBe(false);
  });

  it.each([
    ['a prompt', () => write({ 'skills/tide/SKILL.md': agent('name: tide\ndescription: Tides', 'Another.') })],
    ['a file of a skill', () => write({ 'skills/tide/now.sh': '#!/bin/bash\n' })],
    ['a new file', () => write({ 'skills/tide/new.txt': '' })],
    ['a new tool', () => write({ 'tools.json': '["Read"]' })],
    ['a program that can be started', () => chmodSync(join(source, 'skills/tide/now.sh'), 0o755)],
  ])('changes with %s', (_, change) => {
    write(SKILL);
    const before = read().hash;
    change();
    expect(read().hash).not.toBe(before);
  });
});

describe('a definition that is wrong', () => {
  it('is told everything at once, by file', () => {
    write({
      'system-prompt.md': ' \n',
      'agents/one.md': 'You review.',
      'tools.json': '["Bash", "Reed"]',
      'settings.json': '{}',
      'skills/tide/notes.md': 'x',
    });
    expect(failure().split('\n')).toEqual([
      'AgentDefinition.fromDirectory:',
      '  - settings.json is no part of a definition, which has system-prompt.md, agents, skills, mcp.json, tools.json; take it out',
      '  - system-prompt.md has no text; write what the model is to know and do, or take it out',
      expect.stringMatching(
        /tools\.json names "Bash", which runs commands with the credentials of the agent; leave it out/,
      ),
      expect.stringMatching(
        /tools\.json names "Reed", which is no tool that can be permitted; allowed are Read, Glob,/,
      ),
      expect.stringMatching(/agents\/one\.md has no front matter; begin it with a line "---"/),
      '  - skills/tide has no SKILL.md; add it, or take the folder out',
    ]);
  });

  it('may be a directory that is missing, a file, or empty', () => {
    expect(failure()).toContain(`definition directory "${source}" does not exist; give the directory that holds`);
    writeFileSync(source, '');
    expect(failure()).toContain(`definition directory "${source}" is a file`);
    rmSync(source);
    write({ 'README.md': 'words', '.gitkeep': '' });
    expect(failure()).toContain(`definition directory "${source}" is empty; put system-prompt.md`);
  });

  it.each([
    ['agents/nested/one.md', 'x'],
    ['agents/one.txt', 'x'],
    ['skills/SKILL.md', 'x'],
    ['hooks/hooks.json', '{}'],
    ['CLAUDE.md', 'x'],
  ])('has no place for %s', (path, content) => {
    write({ 'system-prompt.md': 'Yes.', [path]: content });
    expect(failure()).toContain('is no part of a definition');
  });

  it('has no links, whose target may be anywhere', () => {
    write({ 'system-prompt.md': 'Yes.' });
    symlinkSync('/etc/passwd', join(source, 'tools.json'));
    expect(failure()).toContain('tools.json is neither a file nor a folder (a symbolic link, perhaps)');
  });

  it('is no more than 10 MiB, and each prompt no more than 64 KiB', () => {
    write({ 'system-prompt.md': 'x'.repeat(65_537) });
    expect(failure()).toContain('system-prompt.md has 65537 bytes of text; at most 65536 are allowed');
    write({ 'system-prompt.md': 'x'.repeat(65_536) });
    expect(read).not.toThrow();
    write({
      'skills/tide/SKILL.md': agent('name: tide\ndescription: T'),
      'skills/tide/data': Buffer.alloc(10_485_760),
    });
    expect(failure()).toMatch(/has \d+ bytes; at most 10485760 are allowed, so put large files into storage/);
  });

  it('is UTF-8', () => {
    write({ 'system-prompt.md': Buffer.from([0xff, 0xfe, 0x41]) });
    expect(failure()).toContain('system-prompt.md is not UTF-8 text');
  });

  it.each([
    [REVIEWER.replace('name: reviewer', ''), 'has no "name" in its front matter; add a line "name: …"'],
    ['name: reviewer\ndescription:', 'has no "description" in its front matter'],
    [`${REVIEWER}\n- list`, 'line 4 of the front matter is "- list"; only lines "key: value" are read'],
    [`${REVIEWER}\ntools: [Read]`, 'is "tools: [Read]"; only lines "key: value" are read (lists are written "a, b")'],
    [`name: reviewer\ndescription: >`, 'line 3 of the front matter is "description: >"'],
    [`${REVIEWER}\nhooks: x`, 'has "hooks"; only name, description, tools, model are read, so take it out'],
    [`${REVIEWER}\nname: other`, 'line 4 of the front matter repeats "name"; keep one of them'],
    [`name: reviewer\ndescription: ${'x'.repeat(1025)}`, 'has a description of 1025 characters; at most 1024'],
    ['name: Code Reviewer\ndescription: x', 'has the name "Code Reviewer"; give 1 to 64 lower-case letters'],
    [`name: ${'x'.repeat(65)}\ndescription: x`, 'give 1 to 64 lower-case letters'],
    ['name: general-purpose\ndescription: x', 'has the name "general-purpose", which the SDK has itself'],
    [`${REVIEWER}\nmodel: opus`, 'has the model "opus"; give main, fast, subagent, or leave it out for subagent'],
    [`${REVIEWER}\ntools: Write`, 'has the tool "Write", which the agent itself has not; name tools of tools.json'],
    [`${REVIEWER}\ntools: mcp__other__x`, 'has the tool "mcp__other__x", which the agent itself has not'],
    [`${REVIEWER}\ntools: Read, Read`, 'has the tool "Read" twice'],
    [`${REVIEWER}\ntools: mcp__tides__${'x'.repeat(53)}`, 'of 65 characters; Amazon Bedrock accepts 64'],
  ])('says of a sub-agent with %j what is wrong', (lines, message) => {
    write({
      'tools.json': '["Read"]',
      'mcp.json': servers({ tides: { type: 'http', url: 'https://a.example' } }),
      'agents/one.md': agent(lines),
    });
    expect(failure()).toMatch(/^AgentDefinition\.fromDirectory: agents\/one\.md |\n {2}- agents\/one\.md /);
    expect(failure()).toContain(message);
  });

  it('has no two sub-agents of one name, and none without a prompt', () => {
    write({ 'agents/one.md': agent(REVIEWER), 'agents/two.md': agent(REVIEWER, '') });
    expect(failure()).toContain('agents/two.md has the name "reviewer", which another sub-agent has; give another');
    expect(failure()).toContain('agents/two.md has no text');
  });

  it('has skills named as their folders, which bring no permissions', () => {
    write({ 'skills/tide/SKILL.md': agent('name: tides\ndescription: x') });
    expect(failure()).toContain('skills/tide/SKILL.md has the name "tides"; give the name of its folder, "tide"');
    write({ 'skills/tide/SKILL.md': agent('name: tide\ndescription: x\nallowed-tools: Bash') });
    expect(failure()).toContain('has "allowed-tools"; only name, description, license are read');
  });

  it.each([
    ['{}', 'tools.json is not a list'],
    ['["Read", "Read"]', 'tools.json names "Read" twice'],
    ['[1]', 'tools.json names a number'],
    ['["WebFetch"]', 'which reaches every address that the container reaches'],
    ['["Agent"]', 'which comes with the first file in "agents"'],
    ['["constructor"]', 'which is no tool that can be permitted'],
    ['[', 'tools.json is not JSON'],
  ])('says of tools.json %s what is wrong', (text, message) => {
    write({ 'tools.json': text });
    expect(failure()).toContain(message);
  });

  const https = { type: 'http', url: 'https://a.example/mcp' };
  it.each<[string, string]>([
    ['[]', 'must be {"mcpServers"'],
    [JSON.stringify({ mcpServers: {}, inputs: [] }), 'and nothing beside it'],
    [servers({ gw: https }), 'server "gw" has a name that belongs to this library (gw, ci, br, gh); give another'],
    [servers({ my__tides: https }), 'server "my__tides" has a name that is not allowed: 1 to 24 lower-case letters'],
    [servers({ ['x'.repeat(25)]: https }), 'may have 64 characters'],
    [servers({ tides: 'https://a.example' }), 'server "tides" is not an object'],
    [
      servers({ tides: { command: 'npx', args: ['tides'] } }),
      'server "tides" starts a command, which would run inside',
    ],
    [servers({ tides: { ...https, type: 'ws' } }), 'has the type "ws"; give "http" or "sse"'],
    [servers({ tides: { url: https.url } }), 'has the type undefined'],
    [servers({ tides: { ...https, timeout: 1 } }), 'has "timeout"; only type, url and headers are read'],
    [servers({ tides: { type: 'http' } }), 'has no valid "url"'],
    [servers({ tides: { type: 'http', url: 'http://a.example' } }), 'begins with "http://"; give one that begins with'],
    [servers({ tides: { type: 'http', url: 'file:///etc/passwd' } }), 'begins with "file://"'],
    [servers({ tides: { ...https, headers: ['x'] } }), 'has "headers" that are not an object'],
    [servers({ tides: { ...https, headers: { 'a b': 'x' } } }), 'has a header "a b" that is no legal name'],
    [servers({ tides: { ...https, headers: { 'x-a': 1 } } }), 'has a header "x-a" whose value is not one line of text'],
    [
      servers({ tides: { ...https, headers: { 'x-a': 'a\r\nb: c' } } }),
      'has a header "x-a" whose value is not one line',
    ],
  ])('says of mcp.json %s what is wrong', (text, message) => {
    write({ 'mcp.json': text });
    expect(failure()).toContain('mcp.json ');
    expect(failure()).toContain(message);
  });

  it.each([
    { ...https, headers: { Authorization: 'hunter2-value' } },
    { ...https, headers: { 'X-Api-Key': 'hunter2-value' } },
    { ...https, headers: { 'x-a': 'Bearer hunter2-value' } },
    { ...https, headers: { 'x-a': 'sk-ant-hunter2-value' } },
    { ...https, headers: { 'x-a': 'AKIAHUNTER2VALUE0000' } },
    { ...https, headers: { 'x-a': 'ghp_hunter2value0000000000' } },
    { ...https, url: 'https://user:hunter2-value@a.example/mcp' },
    { ...https, url: 'https://a.example/mcp?api_key=hunter2-value' },
    { ...https, url: 'https://a.example/mcp?%61pi_key=hunter2-value' },
    { ...https, url: 'https://a.example/sk-ant-hunter2-value' },
  ])('has no credential, and does not repeat one: %j', (server) => {
    write({ 'mcp.json': servers({ tides: server }) });
    expect(failure()).toMatch(/server "tides" has a (header ".*" with a )?credential/);
    expect(failure()).not.toMatch(/hunter2/i);
  });

  it.each([
    { ...https, headers: { 'x-a': 'Bearer hunter2${secret:TOKEN}' } },
    { ...https, headers: { Authorization: 'sk-ant-hunter2-value ${secret:TOKEN}' } },
    { ...https, headers: { 'X-Api-Key': 'Bearer hunter2${connection:SEARCH}' } },
  ])('has no credential beside the secret that it asks for: %j', (server) => {
    write({ 'mcp.json': servers({ tides: server }) });
    expect(failure()).toContain('with a credential, which everyone who can pull the image would read');
    expect(failure()).not.toMatch(/hunter2/i);
  });

  it.each([
    ...['${secret:token}', '${secret:}', '${SECRET:TOKEN}', '${TOKEN}', '${secret:1A}', 'Bearer ${secret: TOKEN}'],
    ...['${connection:search}', '${connection:A_B}', `\${connection:A${'B'.repeat(16)}}`, '${connection:}'],
  ])('has no header %j, which would be sent as it is written', (value) => {
    write({ 'mcp.json': servers({ tides: { ...https, headers: { 'x-a': value } } }) });
    expect(failure()).toMatch(
      /server "tides" has a header "x-a" with "\$\{" that begins no reference; write "\$\{secret:NAME\}".* or "\$\{connection:NAME\}"/,
    );
  });

  it('asks for no secret in a URL, where nothing is put in', () => {
    write({ 'mcp.json': servers({ tides: { ...https, url: 'https://a.example/${secret:TOKEN}/mcp' } }) });
    expect(failure()).toContain('server "tides" has "${" in its URL, where nothing is put in; write "${secret:NAME}"');
  });

  it('does not repeat what it cannot read as JSON', () => {
    write({ 'mcp.json': '{"mcpServers": {"t": {"headers": {"a": "Bearer hunter2" oops}}}' });
    expect(failure()).toContain('mcp.json is not JSON');
    expect(failure()).not.toContain('hunter2');
  });

  it('may reach an MCP server of the same machine without encryption', () => {
    write({ 'mcp.json': servers({ tides: { type: 'sse', url: 'http://127.0.0.1:9000/sse' } }) });
    expect(read).not.toThrow();
  });
});

describe('the secrets that a definition asks for', () => {
  it('are named with server and header, and stay references in what the agent server gets', () => {
    const headers = {
      Authorization: 'Bearer ${secret:GITHUB_TOKEN}',
      'X-Api-Key': '${secret:TIDES_KEY}',
      'X-Pair': '${secret:TIDES_KEY}:${secret:B2}',
      'X-Place': 'Dover',
    };
    write({
      'mcp.json': servers({
        github: { type: 'http', url: 'https://a.example/mcp', headers },
        tides: { type: 'sse', url: 'https://b.example/sse' },
      }),
    });
    const definition = read();
    expect(definition.secretReferences).toEqual([
      { server: 'github', header: 'Authorization', name: 'GITHUB_TOKEN' },
      { server: 'github', header: 'X-Api-Key', name: 'TIDES_KEY' },
      { server: 'github', header: 'X-Pair', name: 'TIDES_KEY' },
      { server: 'github', header: 'X-Pair', name: 'B2' },
    ]);
    definition.writeTo(join(root, 'target'));
    const content = JSON.parse(readFileSync(join(root, 'target', 'definition.json'), 'utf8')) as {
      mcpServers: { github: unknown };
    };
    expect(content.mcpServers.github).toMatchObject({ headers });
  });

  it('are none without headers, and none without MCP servers', () => {
    write({ 'system-prompt.md': 'Yes.' });
    expect(read().secretReferences).toEqual([]);
    write({ 'mcp.json': servers({ tides: { type: 'http', url: 'https://a.example' } }) });
    expect(read().secretReferences).toEqual([]);
  });
});

test('the keys of connections that a definition asks for are named apart from secrets', () => {
  const longest = `A${'B'.repeat(15)}`;
  const headers = {
    'X-Api-Key': '${connection:SEARCH}',
    Authorization: `Bearer \${connection:${longest}}`,
    'X-Pair': '${secret:SEARCH}:${connection:M1}',
  };
  write({ 'mcp.json': servers({ maps: { type: 'http', url: 'https://a.example/mcp', headers } }) });
  const { connectionReferences, secretReferences } = read();
  expect(connectionReferences).toEqual([
    { server: 'maps', header: 'X-Api-Key', name: 'SEARCH' },
    { server: 'maps', header: 'Authorization', name: longest },
    { server: 'maps', header: 'X-Pair', name: 'M1' },
  ]);
  expect(secretReferences).toEqual([{ server: 'maps', header: 'X-Pair', name: 'SEARCH' }]);
});

describe('the tools that can be permitted', () => {
  const image = join(__dirname, '..', '..', 'agent-image');

  it('are tools of the SDK that the image has', () => {
    const types = readFileSync(join(image, 'node_modules/@anthropic-ai/claude-agent-sdk/sdk.d.ts'), 'utf8');
    const [, list = ''] = /BUILTIN_TOOL_NAMES: readonly \[(.*?)\]/s.exec(types) ?? [];
    const names = [...list.matchAll(/'(\w+)'/g)].map(([, name]) => name);
    expect(names).toEqual(expect.arrayContaining([...PERMITTED_TOOLS]));
  });
});
