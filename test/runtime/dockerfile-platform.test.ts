import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentImage } from '../../lib';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'dockerfile-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const image = (dockerfile: string[], buildArgs: Record<string, string> = {}) => {
  writeFileSync(join(directory, 'Dockerfile'), dockerfile.join('\n'));
  return AgentImage.fromDirectory(directory, { buildArgs });
};

describe('an image for another platform is seen', () => {
  test.each([
    ['in its last stage', ['FROM node AS build', 'FROM --platform=linux/amd64 node'], 'linux/amd64'],
    ['in the stage that it begins with', ['FROM --platform=linux/amd64 node:24 AS base', 'FROM base'], 'linux/amd64'],
    [
      'some stages back',
      ['FROM --platform=linux/amd64 node AS Base', 'RUN x', 'FROM base AS build', 'FROM scratch', 'FROM build'],
      'linux/amd64',
    ],
    ['in the default of an argument', ['ARG P=linux/amd64', 'FROM --platform=$P node'], 'linux/amd64'],
    ['in a quoted argument', ['ARG A B="linux/amd64"', 'FROM --platform=${B} node'], 'linux/amd64'],
    ['in arguments of arguments', ['ARG A=amd64', 'ARG P=linux/$A', 'FROM --platform=${P} node'], 'linux/amd64'],
    ['in the default of a reference', ['FROM --platform=${P:-linux/amd64} node'], 'linux/amd64'],
    ['in the name of a stage', ['ARG B=x', 'FROM --platform=linux/amd64 node AS x', 'FROM $B'], 'linux/amd64'],
    ['over two lines', ['FROM \\', '  --platform=linux/amd64 \\', '  node'], 'linux/amd64'],
    ['in lower case', ['from --platform=linux/amd64 node as base', 'from base'], 'linux/amd64'],
    ['as the machine that builds', ['FROM --platform=$BUILDPLATFORM node AS base', 'FROM base'], '$BUILDPLATFORM'],
    ['as the processor that builds', ['FROM --platform=linux/${BUILDARCH} node'], 'linux/${BUILDARCH}'],
  ])('%s', (_, dockerfile, platform) => {
    expect(() => image(dockerfile)).toThrow(
      `AgentImage.fromDirectory: the last stage of "Dockerfile" is built for "${platform}", and AgentCore Runtime runs linux/arm64 only`,
    );
  });

  test('in an argument of the build', () => {
    const dockerfile = ['ARG P=linux/arm64', 'FROM --platform=$P node'];
    expect(() => image(dockerfile, { P: 'linux/amd64' })).toThrow(/is built for "linux\/amd64"/);
    expect(() => image(dockerfile)).not.toThrow();
  });
});

describe('an image for linux/arm64, or one that may be, passes', () => {
  test.each([
    [
      'a stage that is copied from only',
      ['FROM --platform=linux/amd64 node AS build', 'FROM node', 'COPY --from=build /a /a'],
    ],
    ['a platform in a stage of a platform', ['FROM --platform=linux/amd64 node AS b', 'FROM --platform=linux/arm64 b']],
    ['the platform that is asked for', ['FROM --platform=$TARGETPLATFORM node']],
    ['its parts', ['FROM --platform=$TARGETOS/${TARGETARCH} node']],
    ['an argument without value', ['ARG P', 'FROM --platform=$P node']],
    ['an argument of a stage, which does not count', ['FROM node', 'ARG P=linux/amd64', 'FROM --platform=$P node']],
    ['an image that is named as a later stage', ['FROM base', 'RUN x']],
    [
      'a stage that has the name of its image',
      ['FROM --platform=linux/arm64 node AS node', 'FROM node AS node', 'FROM node'],
    ],
    ['a comment', ['FROM node', '# FROM --platform=linux/amd64 node']],
    ['no stage', ['# nothing yet']],
  ])('%s', (_, dockerfile) => {
    expect(() => image(dockerfile)).not.toThrow();
  });
});
