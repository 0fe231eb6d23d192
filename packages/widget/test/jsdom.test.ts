// @vitest-environment jsdom
import { checkDocument } from './document_of_tests.ts'

checkDocument('jsdom')
