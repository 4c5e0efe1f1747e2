// Placeholder translation unit; removed with the first source of this library.
