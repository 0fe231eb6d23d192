// @vitest-environment happy-dom
import { checkDocument } from './document_of_tests.ts'

checkDocument('happy-dom')
