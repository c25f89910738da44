import { parseDockerfile } from '../../../bin/local/dockerfile';

const lines = (...text: string[]): string => text.join('\n');

describe('parseDockerfile', () => {
  it('puts the entry point before the command and reads directory and environment', () => {
    const image = parseDockerfile(
      lines('FROM node', 'WORKDIR /app', 'ENV A=1 B="two words"', 'ENTRYPOINT ["node"]', 'CMD ["dist/main.js"]'),
    );

    expect(image).toEqual({ argv: ['node', 'dist/main.js'], workdir: '/app', env: { A: '1', B: 'two words' } });
  });

  it('takes the final stage, which inherits from the stage it is made from', () => {
    const image = parseDockerfile(
      lines(
        'FROM node AS base',
        'WORKDIR /srv',
        'ENV MODE=base',
        'CMD ["node", "base.js"]',
        'FROM node AS build',
        'CMD ["node", "build.js"]',
        'FROM base',
        'WORKDIR app',
        'ENV EXTRA=$MODE-plus',
      ),
    );

    expect(image).toEqual({
      argv: ['node', 'base.js'],
      workdir: '/srv/app',
      env: { MODE: 'base', EXTRA: 'base-plus' },
    });
  });

  it('takes the stage that the asset asks for', () => {
    const text = lines('FROM node AS one', 'CMD ["node", "one.js"]', 'FROM node AS two', 'CMD ["node", "two.js"]');

    expect(parseDockerfile(text, { target: 'one' }).argv).toEqual(['node', 'one.js']);
    expect(() => parseDockerfile(text, { target: 'three' })).toThrow('has no stage "three"');
  });

  it('drops an inherited command when a stage sets its own entry point', () => {
    const text = lines('FROM node AS base', 'CMD ["node", "base.js"]', 'FROM base', 'ENTRYPOINT ["run"]');

    expect(parseDockerfile(text).argv).toEqual(['run']);
  });

  it('keeps the last of several commands and lets an empty entry point stand', () => {
    const text = lines('FROM node', 'ENTRYPOINT []', 'CMD ["node", "a.js"]', 'CMD ["node", "b.js"]');

    expect(parseDockerfile(text).argv).toEqual(['node', 'b.js']);
  });

  it('reads continued lines, comments in between and lower-case instructions', () => {
    const text = lines('from node', 'env A=1 \\', '# said in between', '  B=2', 'cmd ["node", \\', '  "main.js"]');

    expect(parseDockerfile(text)).toMatchObject({ argv: ['node', 'main.js'], env: { A: '1', B: '2' } });
  });

  it('does not take the text of a here-document for instructions', () => {
    const text = lines('FROM node', 'RUN <<EOF', 'CMD ["node", "wrong.js"]', 'EOF', 'CMD ["node", "right.js"]');

    expect(parseDockerfile(text).argv).toEqual(['node', 'right.js']);
  });

  it('does not take a shift inside a command for a here-document', () => {
    const text = lines('FROM node', 'RUN echo $((1<<2))', 'CMD ["node", "main.js"]');

    expect(parseDockerfile(text).argv).toEqual(['node', 'main.js']);
  });

  it('puts build arguments and their defaults into the environment', () => {
    const text = lines(
      'ARG VERSION=1',
      'FROM node:${VERSION}',
      'ARG VERSION',
      'ARG STAGE=dev',
      'ENV V=${VERSION} S=${STAGE} D=${NONE:-default} N=${VERSION:+set}',
      'CMD ["node"]',
    );

    expect(parseDockerfile(text, { buildArgs: { STAGE: 'prod' } }).env).toEqual({
      V: '1',
      S: 'prod',
      D: 'default',
      N: 'set',
    });
  });

  it('reads the old form of ENV with one name', () => {
    expect(parseDockerfile(lines('FROM node', 'ENV GREETING hello you', 'CMD ["node"]')).env).toEqual({
      GREETING: 'hello you',
    });
  });

  it.each(['CMD node main.js', 'ENTRYPOINT exec node main.js', 'CMD ["node", main.js]', 'CMD ["node", 1]'])(
    'refuses %s with the line and the form to write',
    (instruction) => {
      const parse = (): unknown => parseDockerfile(lines('FROM node', instruction));

      expect(parse).toThrow('in line 2 of the Dockerfile is not in exec form');
      expect(parse).toThrow('["node", "dist/main.js"]');
    },
  );

  it('refuses a file that names no command, no stage or another escape character', () => {
    expect(() => parseDockerfile('FROM node')).toThrow('names no command for its final stage');
    expect(() => parseDockerfile('# nothing')).toThrow('no FROM instruction');
    expect(() => parseDockerfile(lines('# escape=`', 'FROM node'))).toThrow('escape character');
    expect(() => parseDockerfile(lines('FROM node', 'ENV LONELY', 'CMD ["node"]'))).toThrow('ENV in line 2');
  });
});
