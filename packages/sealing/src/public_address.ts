/**
 * What no host of the public internet is called, by IANA's registries of special-purpose addresses for IPv4 and IPv6: what
 * is private, reserved, of this machine, for documentation or for measurements, and what stands for other addresses. Where
 * such a block has a part that is reachable, as 192.0.0.0/24 and 2001::/23 have, that part belongs to protocols, and no
 * model is offered there. AS112 (192.31.196.0/24, 192.52.193.0/24, 192.175.48.0/24, 2620:4f:8000::/48) is public.
 */
const SPECIAL_IPV4 = [
  '0.0.0.0/8', // This network
  '10.0.0.0/8', // Private
  '100.64.0.0/10', // Shared by a carrier's customers
  '127.0.0.0/8', // This machine
  '169.254.0.0/16', // This link; the metadata of clouds
  '172.16.0.0/12', // Private
  '192.0.0.0/24', // Protocols
  '192.0.2.0/24', // Documentation
  '192.88.99.0/24', // Relays from IPv4 to 6to4
  '192.168.0.0/16', // Private
  '198.18.0.0/15', // Measurements
  '198.51.100.0/24', // Documentation
  '203.0.113.0/24', // Documentation
  '224.0.0.0/4', // Many receivers at once
  '240.0.0.0/4', // Reserved; everybody on this link
].map((block) => toBlock(block, readIPv4, 32))

/** Of IPv6, IANA has given out this part alone: all else is special. */
const GLOBAL_IPV6 = toBlock('2000::/3', readIPv6, 128)
const SPECIAL_IPV6 = [
  '2001::/23', // Protocols: Teredo, measurements, identifiers that are no addresses
  '2001:db8::/32', // Documentation
  '2002::/16', // 6to4, which stands for an IPv4 address
  '3fff::/20', // Documentation
].map((block) => toBlock(block, readIPv6, 128))

interface Block {
  prefix: bigint
  /** How many bits come after the prefix. */
  rest: bigint
}

/** Whether a hostname, as a URL spells it, is an address and not a name. */
export const isAddress = (hostname: string): boolean => /^\[|^[\d.]+$/.test(hostname)

/** Whether an address, as a URL spells it, may be a host's on the public internet. */
export function isPublicAddress(hostname: string): boolean {
  if (!hostname.startsWith('[')) return hostname.split('.').length === 4 && !isIn(readIPv4(hostname), SPECIAL_IPV4)
  const address = readIPv6(hostname.slice(1, -1))
  return isIn(address, [GLOBAL_IPV6]) && !isIn(address, SPECIAL_IPV6)
}

const isIn = (address: bigint, blocks: readonly Block[]): boolean =>
  blocks.some(({ prefix, rest }) => address >> rest === prefix)

function toBlock(text: string, read: (address: string) => bigint, bits: number): Block {
  const [address = '', length = ''] = text.split('/')
  const rest = BigInt(bits - Number(length))
  return { prefix: read(address) >> rest, rest }
}

function readIPv4(address: string): bigint {
  return address.split('.').reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

/** Eight groups, of which `::` stands for those that are missing. */
function readIPv6(address: string): bigint {
  const [before = [], after = []] = address.split('::').map((part) => part.split(':').filter(Boolean))
  const missing = Array<string>(8 - before.length - after.length).fill('0')
  return [...before, ...missing, ...after].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}
