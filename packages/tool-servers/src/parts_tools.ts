const $schema = 'https://json-schema.org/draft/2020-12/schema'

/** The tools of the MCP server as it lists them: what an owner takes over. */
export const PARTS_TOOLS = [
  {
    name: 'find_parts',
    description: 'Finds the spare parts of a lamp, with price and stock.',
    parameters: {
      $schema,
      type: 'object',
      properties: { lamp: { type: 'string', enum: ['Fjord', 'Skerry', 'Aurora'] } },
      required: ['lamp'],
    },
  },
  {
    name: 'reserve_part',
    description: 'Puts a spare part aside for three days.',
    parameters: {
      $schema,
      type: 'object',
      properties: { number: { type: 'string' }, quantity: { type: 'integer', minimum: 1, maximum: 5 } },
      required: ['number', 'quantity'],
    },
  },
] as const
