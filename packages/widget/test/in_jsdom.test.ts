// @vitest-environment jsdom
import { setUp, widgetIn } from './test_document.ts'

setUp()
widgetIn()
