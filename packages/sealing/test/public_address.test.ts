import { expect, it } from 'vitest'
import { isAddress, isPublicAddress } from '../src/public_address.ts'

const toUrl = (address: string): string =>
  new URL(`https://${address.includes(':') ? `[${address}]` : address}/`).hostname

/** What for, its first and last address, and those before and after it where they are public. */
it.each([
  // https://www.iana.org/assignments/iana-ipv4-special-registry, with multicast.
  ['this network', '0.0.0.0', '0.255.255.255', null, '1.0.0.0'],
  ['private', '10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'],
  ['shared by a carrier’s customers', '100.64.0.0', '100.127.255.255', '100.63.255.255', '100.128.0.0'],
  ['this machine', '127.0.0.0', '127.255.255.255', '126.255.255.255', '128.0.0.0'],
  ['this link', '169.254.0.0', '169.254.255.255', '169.253.255.255', '169.255.0.0'],
  ['private', '172.16.0.0', '172.31.255.255', '172.15.255.255', '172.32.0.0'],
  ['protocols', '192.0.0.0', '192.0.0.255', '191.255.255.255', '192.0.1.0'],
  ['documentation', '192.0.2.0', '192.0.2.255', '192.0.1.255', '192.0.3.0'],
  ['6to4 relays', '192.88.99.0', '192.88.99.255', '192.88.98.255', '192.88.100.0'],
  ['private', '192.168.0.0', '192.168.255.255', '192.167.255.255', '192.169.0.0'],
  ['measurements', '198.18.0.0', '198.19.255.255', '198.17.255.255', '198.20.0.0'],
  ['documentation', '198.51.100.0', '198.51.100.255', '198.51.99.255', '198.51.101.0'],
  ['documentation', '203.0.113.0', '203.0.113.255', '203.0.112.255', '203.0.114.0'],
  ['multicast and reserved', '224.0.0.0', '255.255.255.255', '223.255.255.255', null],
  ['between them', '239.255.255.255', '240.0.0.0', null, null],
  // https://www.iana.org/assignments/iana-ipv6-special-registry, and what was never given out.
  ['unspecified, this machine, with an IPv4 address in it', '::', '::ffff:ffff', null, null],
  ['mapped from IPv4', '::ffff:0:0', '::ffff:ffff:ffff', null, null],
  ['mapped from a public one', '::ffff:8.8.8.8', '::8.8.8.8', null, null],
  ['translated to IPv4', '64:ff9b::', '64:ff9b::ffff:ffff', null, null],
  ['translated in a network', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff', null, null],
  ['discarded', '100::', '100::ffff:ffff:ffff:ffff', null, null],
  ['a prefix that means none', '100:0:0:1::', '100::1:ffff:ffff:ffff:ffff', null, null],
  ['never given out', '200::', '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', null, '2000::'],
  ['Teredo', '2001::', '2001:0:ffff:ffff:ffff:ffff:ffff:ffff', '2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff', null],
  ['anycast of protocols', '2001:1::1', '2001:1::3', null, null],
  ['measurements', '2001:2::', '2001:2:0:ffff:ffff:ffff:ffff:ffff', null, null],
  ['AMT, and AS112 beside it', '2001:3::', '2001:4:112:ffff:ffff:ffff:ffff:ffff', null, null],
  ['ORCHID', '2001:10::', '2001:1f:ffff:ffff:ffff:ffff:ffff:ffff', null, null],
  ['ORCHIDv2', '2001:20::', '2001:2f:ffff:ffff:ffff:ffff:ffff:ffff', null, null],
  ['drones', '2001:30::', '2001:3f:ffff:ffff:ffff:ffff:ffff:ffff', null, null],
  ['protocols', '2001:40::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff', null, '2001:200::'],
  [
    'documentation',
    '2001:db8::',
    '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:db7:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:db9::',
  ],
  ['6to4', '2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2003::'],
  [
    'documentation',
    '3fff::',
    '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff',
    '3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    '3fff:1000::',
  ],
  ['never given out', '4000::', '5eff::', '3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', null],
  ['segments of routes', '5f00::', '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff', null, null],
  ['a network’s own', 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', null, null],
  ['this link', 'fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', null, null],
  ['this site', 'fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', null, null],
  ['multicast', 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', null, null],
])('no host is in what is for %s, from %s to %s', (_, first, last, before, after) => {
  for (const address of [first, last]) {
    expect(isAddress(toUrl(address))).toBe(true)
    expect([address, isPublicAddress(toUrl(address))]).toEqual([address, false])
  }
  for (const address of [before, after].filter((neighbour) => neighbour !== null))
    expect([address, isPublicAddress(toUrl(address))]).toEqual([address, true])
})

it.each([
  '1.1.1.1',
  '8.8.8.8',
  '192.31.196.1', // AS112, which everybody reaches
  '192.52.193.1',
  '192.175.48.1',
  '2620:4f:8000::1',
  '2606:4700:4700::1111',
  '2a00:1450:4001:80b::200e',
  '2001:4860:4860::8888',
])('%s may be a host’s', (address) => {
  expect(isPublicAddress(toUrl(address))).toBe(true)
})

it.each(['models.example', '1.example', 'localhost', '10.0.0.1.example'])('%s is a name', (name) => {
  expect(isAddress(toUrl(name))).toBe(false)
})

it.each(['127.0.0.1..', '8.8.8.8.8', '8.8.8', '....'])('%s is no public address', (hostname) => {
  expect(isPublicAddress(hostname)).toBe(false)
})
