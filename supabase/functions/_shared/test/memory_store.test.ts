import { callsContract } from './calls_contract.ts'
import { MemoryStore } from './memory_store.ts'
import { stepsContract } from './steps_contract.ts'
import { storeContract } from './store_contract.ts'
import { tool } from './tools.ts'

async function makeStore() {
  const assistantId = crypto.randomUUID()
  const store = new MemoryStore({ assistantId })
  return {
    store,
    assistantId,
    exhaustBudget: () => (store.stepBudget = 1),
    expire: (turnId: string) => store.expire(turnId),
  }
}

async function makeToolStore() {
  const made = await makeStore()
  const { toolCalls } = made.store
  const [look, pay, scroll] = (toolCalls.tools = [
    tool({ name: 'look' }),
    tool({ name: 'pay' }),
    tool({ name: 'scroll', kind: 'page', endpoint: null }),
  ])
  toolCalls.isApproved = ({ name }) => name !== 'pay'
  return {
    ...made,
    tools: { look: look!.id, pay: pay!.id, scroll: scroll!.id },
    expireCall: (id: string) => toolCalls.expireCall(id),
    changeTool: (id: string) => (toolCalls.tools = toolCalls.tools.filter((each) => each.id !== id)),
  }
}

storeContract(makeStore)
stepsContract(makeStore)
callsContract(makeToolStore)
