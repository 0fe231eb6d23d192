export const placeMarks = 1
