import { GraphQLError } from 'graphql'
import { createSchema, createYoga, Repeater } from 'graphql-yoga'

interface Book {
  readonly id: string
  readonly title: string
  readonly author: string
}

const books: Book[] = [
  { id: '1', title: 'A Pattern Language', author: 'alexander' },
  { id: '2', title: 'The Timeless Way of Building', author: 'alexander' },
]

const schema = createSchema({
  typeDefs: /* GraphQL */ `
    type Book {
      id: ID!
      title: String!
      author: Author!
    }
    type Author {
      name: String!
      books: [Book!]!
    }
    type Query {
      book(id: ID!): Book
      books: [Book!]!
      secret: String
      broken: String
      agent: String
    }
    type Mutation {
      addBook(title: String!, author: String!): Book!
    }
    type Subscription {
      countdown(from: Int!): Int!
    }
  `,
  resolvers: {
    Query: {
      book: (_, { id }: { id: string }) => books.find((book) => book.id === id),
      books: () => books,
      secret: () => {
        throw new GraphQLError('not for you', { extensions: { code: 'FORBIDDEN' } })
      },
      broken: () => {
        throw new Error('password of the database')
      },
      agent: (_, __, { request }) => request.headers.get('user-agent'),
    },
    Mutation: {
      addBook: (_, { title, author }: { title: string; author: string }) => {
        const book = { id: String(books.length + 1), title, author }
        books.push(book)
        return book
      },
    },
    Subscription: {
      countdown: {
        subscribe: (_, { from }: { from: number }) =>
          new Repeater<{ countdown: number }>(async (push, stop) => {
            for (let left = from; left >= 0; left--) await push({ countdown: left })
            stop()
          }),
      },
    },
    Book: { author: ({ author }: Book) => ({ name: author }) },
    Author: { books: ({ name }: { name: string }) => books.filter(({ author }) => author === name) },
  },
})

export default createYoga({ schema, graphqlEndpoint: '/graphql', logging: false })
