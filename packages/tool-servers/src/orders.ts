/** An order of the demo shop. */
export interface Order {
  number: string
  /** Who placed it, as the shop's own server names them in identity tokens. */
  customer: string
  postcode: string
  items: readonly { name: string; quantity: number; priceEur: number }[]
  status: 'packing' | 'sent' | 'delivered' | 'cancelled'
  placedOn: string
}

const ORDERS: readonly Order[] = [
  {
    number: 'NL-20417',
    customer: 'customer-1',
    postcode: '24837',
    items: [{ name: 'Fjord, with a clamp', quantity: 1, priceEur: 139 }],
    status: 'packing',
    placedOn: '2026-11-25',
  },
  {
    number: 'NL-20388',
    customer: 'customer-1',
    postcode: '24837',
    items: [{ name: 'Skerry', quantity: 2, priceEur: 79 }],
    status: 'sent',
    placedOn: '2026-11-20',
  },
  {
    number: 'NL-20402',
    customer: 'customer-2',
    postcode: '80331',
    items: [{ name: 'Aurora', quantity: 1, priceEur: 249 }],
    status: 'packing',
    placedOn: '2026-11-23',
  },
]

export interface OrderDatabase {
  find(number: string): Order | undefined
  ofCustomer(customer: string): readonly Order[]
  /** The order as it is now; `null` where it is too late. */
  cancel(number: string): Order | null
}

/** In memory: it begins anew with the process. */
export function createOrderDatabase(): OrderDatabase {
  const orders = new Map(ORDERS.map((order) => [order.number, order]))
  return {
    find: (number) => orders.get(number),
    ofCustomer: (customer) => [...orders.values()].filter((order) => order.customer === customer),
    cancel(number) {
      const order = orders.get(number)
      if (order?.status !== 'packing') return null
      const cancelled: Order = { ...order, status: 'cancelled' }
      orders.set(number, cancelled)
      return cancelled
    },
  }
}
