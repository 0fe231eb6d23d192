// What the mock model says in the demo. Every answer opens by saying what it is: nobody should take it for a model's.

export interface Answer {
  /** Asked about this, the answer is used. */
  about: RegExp
  text: string
  title: string
  followUps: readonly string[]
}

/** The page of the demo shows it too. */
export const MOCK_MODEL_NOTICE = 'This answer comes from a mock model, not from a language model.'

const ANSWERS: readonly Answer[] = [
  {
    about: /\b(ship|deliver|send|parcel|courier|post)/i,
    title: 'Delivery times and costs',
    followUps: ['Can I change the address later?', 'Do you deliver to Norway?', 'What if my parcel is lost?'],
    text: `## Delivery

We pack every lamp by hand and send it within **two working days**. How long it then takes depends on where you live:

| Where to | Carrier | Days | Cost |
|:---------|:--------|-----:|-----:|
| Germany | DHL | 1–2 | free |
| European Union | DHL | 3–5 | €9 |
| United Kingdom | Evri | 4–6 | £12 |
| Anywhere else | DHL Express | 3–7 | from €24 |

A few things worth knowing:

1. You get a tracking link *the moment* the parcel leaves the workshop.
2. Orders above **€150** travel free within the European Union.
3. Nobody home? The courier tries twice, then leaves it at a [pick-up point](https://example.com/pick-up-points).

> Ordered before noon, a parcel usually leaves on the same day.`,
  },
  {
    about: /\b(return|refund|broken|damage|warranty|guarantee|repair)/i,
    title: 'Returns and repairs',
    followUps: ['How long does a refund take?', 'Can I repair it myself?', 'Is the shade covered as well?'],
    text: `### Returns

You have **60 days**, and the lamp need not be unused: live with it first.

- Write to us with your order number, for example \`NL-20417\`.
- We answer with a label that you print or show as a code.
- Hand the parcel in:
  - at any post office, or
  - to the courier, at your door.

The money is back **three to five days** after the lamp is.

### Repairs

Every part can be bought and replaced with one screwdriver:

| Part | Guarantee | Spare part |
|---|---|---|
| Arm and base | 25 years | €18 |
| LED module | 10 years | €22 |
| Cable | 10 years | €9 |
| Shade | 5 years | €14 |

> We would rather send you a cable than see a good lamp thrown away.

The [repair guides](https://example.com/repair) show each step in pictures.`,
  },
  {
    about: /\b(which|compare|choose|recommend|difference|best|suggest|desk|reading)/i,
    title: 'Which lamp suits you',
    followUps: ['Which one is the brightest?', 'Do they all dim?', 'Which fits a narrow desk?'],
    text: `That depends on what you do by its light. In short:

| | **Fjord** | **Skerry** | **Aurora** |
|---|:---:|:---:|:---:|
| Made for | desk work | reading in bed | whole rooms |
| Brightness | 800 lm | 350 lm | 2,400 lm |
| Colour | 2,700–5,000 K | 2,200 K | 2,700–4,000 K |
| Dims | yes | yes | yes |
| Price | €129 | €79 | €249 |

**My advice**

1. *You draw or solder:* take **Fjord**. Its arm reaches 90 cm and its light has no flicker.
2. *You read beside someone who sleeps:* take **Skerry**. Its beam is 28° narrow.
3. *You want one lamp for everything:* take **Aurora** and dim it.

Still unsure? Measure your desk. Below 60 cm of depth, a clamp saves space:

- [Fjord with a clamp](https://example.com/fjord-clamp)
- [Fjord with a base](https://example.com/fjord)`,
  },
  {
    about: /\b(code|api|script|embed|install|smart|automat|dim|app|program|javascript|python)/i,
    title: 'Dimming Aurora by code',
    followUps: ['Does it work without the cloud?', 'Can I fade slowly?', 'Is there a Python example?'],
    text: `### Dimming Aurora from your own code

Aurora listens on your **local network**; nothing goes through a cloud.

1. Press the button for five seconds until the light blinks.
2. Read its address off the app, say \`192.168.1.40\`.
3. Send it a request:

\`\`\`js
const lamp = 'http://192.168.1.40'

async function dim(percent, seconds = 1) {
  const response = await fetch(\`\${lamp}/light\`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ brightness: percent, fade: seconds }),
  })
  if (!response.ok) throw new Error(\`The lamp said \${response.status}.\`)
}

await dim(30, 5)
\`\`\`

Or from a terminal:

\`\`\`sh
curl -X PUT http://192.168.1.40/light -d '{"brightness": 30}'
\`\`\`

| Field | Type | Meaning |
|---|---|---|
| \`brightness\` | 0–100 | per cent |
| \`fade\` | seconds | time until it is reached |
| \`kelvin\` | 2700–4000 | colour of the light |

> **Careful:** the lamp trusts everyone on the network. Keep it off guest networks.`,
  },
  {
    about: /\b(price|cost|cheap|discount|sale|pay|invoice|euro|money)/i,
    title: 'Prices and payment',
    followUps: ['Is there a student discount?', 'Can I pay by invoice?', 'Do prices include VAT?'],
    text: `## What our lamps cost

Prices include VAT, and *everything in the box*: bulb, cable and the screwdriver.

- **Skerry**: €79
- **Fjord**: €129, with a clamp €139
- **Aurora**: €249

### Ways to pay

1. Card
2. PayPal
3. Invoice, 30 days, for companies

Students and teachers get ~~10 %~~ **15 %** off with the code \`LATE-NIGHTS\`. It can't be combined with other codes.

---

Broken down, a Fjord that lasts 25 years costs you:

$$129 / 25 = 5.16$$ euros a year, or about **1.4 cents a day**.`,
  },
]

const GENERAL: readonly Answer[] = [
  {
    about: /./,
    title: 'A first question',
    followUps: ['How long does delivery take?', 'Which lamp should I choose?', 'Can I return it?'],
    text: `Good question. I can tell you about a few things in particular:

- **Delivery**: where we send to, how long it takes and what it costs
- **Returns and repairs**: 60 days, and spare parts for *everything*
- **Choosing a lamp**: Fjord, Skerry or Aurora
- **Smart control**: dimming Aurora with a few lines of \`JavaScript\`

Ask about one of them and you will see lists, tables and code.

> With a key for a real model in place, this paragraph would be a real answer to what you asked.`,
  },
  {
    about: /./,
    title: 'How we make our lamps',
    followUps: ['Where is the workshop?', 'What is a lamp made of?', 'Which one is the smallest?'],
    text: `### A short answer

It depends, and here is on what:

1. **The room.** Light walls return about *70 %* of the light, dark ones 10 %.
2. **The task.** Reading wants 300 lux on the page, soldering 1,000.
3. **Your eyes.** At sixty they want twice the light that they wanted at twenty.

A rule of thumb in one line:

\`\`\`text
lumens = area in m² × lux wanted × 1.5
\`\`\`

So a desk of 1 m² at 500 lux wants \`1 × 500 × 1.5 = 750\` lumens, which is what [Fjord](https://example.com/fjord) gives.`,
  },
  {
    about: /./,
    title: 'Light and colour',
    followUps: ['What does 2,700 K mean?', 'Is flicker harmful?', 'Which bulb fits?'],
    text: `Let me put it in a table:

| Time of day | Colour | Feels |
|---|---|---|
| Morning | 4,000 K | awake |
| Work | 5,000 K | clear |
| Evening | 2,700 K | calm |
| Late | 2,200 K | like a candle |

Most people set it **once** and forget about it:

- [x] warm in the evening
- [x] cool at work
- [ ] anything in between

*If in doubt, go warmer.* Our lamps remember the last setting, even without power.`,
  },
]

/** The same question gets the same answer; a question about nothing known gets one of several. */
export function findAnswer(question: string, turn: number): Answer {
  const fitting = ANSWERS.find((answer) => answer.about.test(question))
  if (fitting) return fitting
  const sum = [...question].reduce((total, character) => total + (character.codePointAt(0) ?? 0), turn)
  return GENERAL[sum % GENERAL.length] as Answer
}

/** An answer's Markdown, with the notice in front. */
export const toMarkdown = (answer: Pick<Answer, 'text'>): string => `*${MOCK_MODEL_NOTICE}*\n\n${answer.text}`
