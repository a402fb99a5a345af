import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import Fastify from 'fastify';
import { addressBlock, isAddressRange } from '../../src/lib/network-address.js';

describe('the block of an address', () => {
  test.each([
    ['1.2.3.4', '1.2.3.4'],
    ['1.2.3.4:5678', '1.2.3.4'],
    ['255.255.255.255', '255.255.255.255'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::FFFF:102:304', '1.2.3.4'],
    ['0:0:0:0:0:ffff:0102:0304', '1.2.3.4'],
    ['[::ffff:1.2.3.4]:80', '1.2.3.4'],
    ['::ffff:0:0', '0.0.0.0'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::1]', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::1]:443', '2001:db8:1:2::/64'],
    ['::', '0:0:0:0::/64'],
    ['[::1]:80', '0:0:0:0::/64'],
    ['::fffe:1.2.3.4', '0:0:0:0::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4::/64'],
    ['::2:3:4:5:6:7:8', '0:2:3:4::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['[fe80::1%25eth0]:80', 'fe80:0:0:0::/64'],
  ])('%s is %s', (text, block) => {
    expect(addressBlock(text)).toBe(block);
  });

  test.each([
    '',
    ' ',
    'unknown',
    '_hidden',
    'localhost',
    'example.com:80',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4 ',
    '1.2.3.4:',
    '1.2.3.4:80:80',
    '1.2.3.4, 5.6.7.8',
    '1.2.3.4/24',
    '[1.2.3.4',
    '[]',
    '[]:80',
    '[::1',
    '::1]',
    '::1::',
    '1:2:3:4:5:6:7:8:9',
    '2001:db8::g',
    '::/64',
    '%eth0',
    '\0',
    'for=1.2.3.4',
    '1'.repeat(16_384),
    `${'1.'.repeat(8000)}:80`,
  ])('%j has none', (text) => {
    expect(addressBlock(text)).toBeNull();
  });

  test('is the same however an IPv6 address is spelled, and whichever address of its /64 it is', () => {
    fc.assert(
      fc.property(ipv6Groups, ipv6Groups, spelling, spelling, (groups, others, one, other) => {
        const neighbour = [...groups.slice(0, 4), ...others.slice(4)];
        fc.pre(!isMapped(groups) && !isMapped(neighbour));
        const block = addressBlock(spell(groups, one));
        expect(block).toBe(`${groups.slice(0, 4).map(hex).join(':')}::/64`);
        expect(addressBlock(spell(neighbour, other))).toBe(block);
      }),
    );
  });

  test('is another for every other /64', () => {
    fc.assert(
      fc.property(ipv6Groups, fc.nat(3), fc.integer({ min: 1, max: 0xffff }), (groups, at, change) => {
        const elsewhere = groups.map((group, index) => (index === at ? group ^ change : group));
        fc.pre(!isMapped(groups) && !isMapped(elsewhere));
        expect(addressBlock(groups.map(hex).join(':'))).not.toBe(addressBlock(elsewhere.map(hex).join(':')));
      }),
    );
  });

  test('of an IPv4 address is the address, however it is wrapped into IPv6', () => {
    fc.assert(
      fc.property(fc.ipV4(), spelling, (address, how) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
        const mapped = [0, 0, 0, 0, 0, 0xffff, a * 256 + b, c * 256 + d];
        expect(addressBlock(address)).toBe(address);
        expect(addressBlock(`${address}:65535`)).toBe(address);
        expect(addressBlock(`::ffff:${address}`)).toBe(address);
        expect(addressBlock(spell(mapped, how))).toBe(address);
      }),
    );
  });

  test('is found or null for any text at all', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: addressCharacter })), (text) => {
        const block = addressBlock(text);
        expect(block === null || /^[\d.]+$|^[\da-f:]+::\/64$/.test(block)).toBe(true);
      }),
    );
  });
});

describe('a range of addresses', () => {
  test.each([
    '10.0.0.1',
    '10.0.0.0/8',
    '10.0.0.0/1',
    '10.0.0.1/32',
    '::1',
    'fc00::/7',
    '::1/128',
    '::ffff:10.0.0.0/104',
  ])('%s is one', (text) => {
    expect(isAddressRange(text)).toBe(true);
    // What takes the ranges in the end throws at those it does not know.
    expect(() => Fastify({ trustProxy: [text] })).not.toThrow();
  });

  test.each(['', '10.0.0', '10.0.0.0/', '10.0.0.0/33', '::/129', '10.0.0.0/08', '10.0.0.0/8/8', 'fe80::1%eth0', 'a/8'])(
    '%j is none',
    (text) => {
      expect(isAddressRange(text)).toBe(false);
    },
  );

  test.each(['0.0.0.0/0', '::/0'])('of everybody (%s) is none: it would stop the start', (text) => {
    expect(isAddressRange(text)).toBe(false);
  });
});

const hex = (group: number) => group.toString(16);
const group = fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(0xffff) });
const ipv6Groups = fc.array(group, { minLength: 8, maxLength: 8 });
const addressCharacter = fc.constantFrom(...'0123456789abcdefF.:[]%');

interface Spelling {
  readonly padded: boolean;
  readonly upperCase: boolean;
  /** Writes the last two groups as IPv4. */
  readonly dotted: boolean;
  /** Where `::` may stand, when there are zeros. */
  readonly compressAt: number;
  readonly around: 'nothing' | 'brackets' | 'port' | 'zone';
}

const spelling: fc.Arbitrary<Spelling> = fc.record({
  padded: fc.boolean(),
  upperCase: fc.boolean(),
  dotted: fc.boolean(),
  compressAt: fc.nat(7),
  around: fc.constantFrom('nothing', 'brackets', 'port', 'zone'),
});

function isMapped(groups: readonly number[]): boolean {
  return groups.slice(0, 5).every((zero) => zero === 0) && groups[5] === 0xffff;
}

function spell(groups: readonly number[], { padded, upperCase, dotted, compressAt, around }: Spelling): string {
  const parts = groups.map((each) => (padded ? hex(each).padStart(4, '0') : hex(each)));
  if (dotted) {
    const bytes = groups.slice(6).flatMap((each) => [each >> 8, each & 255]);
    parts.splice(6, 2, bytes.join('.'));
  }
  let end = compressAt;
  while (end < (dotted ? 6 : 8) && groups[end] === 0) end += 1;
  const head = parts.slice(0, compressAt).join(':');
  const whole = end === compressAt ? parts.join(':') : `${head}::${parts.slice(end).join(':')}`;
  const cased = upperCase ? whole.toUpperCase() : whole;
  if (around === 'brackets') return `[${cased}]`;
  if (around === 'port') return `[${cased}]:8080`;
  return around === 'zone' ? `${cased}%eth0` : cased;
}
