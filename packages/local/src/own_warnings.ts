/** As Node has it: `lite.ts` loads this file before the package that replaces it. */
export const emitWarning: typeof process.emitWarning = process.emitWarning
