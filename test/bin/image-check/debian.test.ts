import { debianSuite, mainMirror } from '../../../bin/image-check/debian';
import { NotPossibleHere } from '../../../bin/image-check/failure';

describe('debianSuite', () => {
  it('reads the code name, quoted or not', () => {
    expect(debianSuite('ID=debian\nVERSION_CODENAME=bookworm\n')).toBe('bookworm');
    expect(debianSuite('NAME="Debian GNU/Linux"\nVERSION_CODENAME="trixie"\nID="debian"\n')).toBe('trixie');
  });

  it('refuses another distribution by its name', () => {
    expect(() => debianSuite('ID=fedora\nVERSION_CODENAME=whatever\n')).toThrow(NotPossibleHere);
    expect(() => debianSuite('ID=fedora\n')).toThrow(/this machine runs fedora: run it on Debian/);
    expect(() => debianSuite('')).toThrow(/an unknown system/);
  });
});

describe('mainMirror', () => {
  const targets = [
    'nodistro main https://packages.example.com/node/',
    'trixie contrib http://mirror.example.com/debian/',
    'trixie-updates main http://updates.example.com/debian/',
    'trixie main cdrom://disc/',
    'trixie main http://mirror.example.com/debian/',
  ].join('\n');

  it('takes the main component of the release itself, over HTTP', () => {
    expect(mainMirror(targets, 'trixie')).toBe('http://mirror.example.com/debian/');
  });

  it('says where to add a mirror when apt has none for the release', () => {
    expect(() => mainMirror(targets, 'bookworm')).toThrow(NotPossibleHere);
    expect(() => mainMirror('', 'bookworm')).toThrow(/no http\(s\) mirror for the main component of bookworm: add one/);
  });
});
