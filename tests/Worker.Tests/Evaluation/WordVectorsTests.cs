using CsCheck;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Worker.Tests.Evaluation;

public class WordVectorsTests
{
    [Fact]
    public void Nearest_words_are_those_of_a_full_sort() =>
        Gen.Select(Gen.Int[1, 20], Gen.Int[1, 40], Gen.Int[0, 50], Gen.Int[0, 1000], Gen.Int[0, 1 << 20]).Sample((dimension, words, count, row, seed) =>
        {
            var random = new Random(seed);
            float[] values = [.. Enumerable.Range(0, (words + 2) * dimension).Select(_ => (float)random.Next(-3, 4))]; // ties are frequent
            var vectors = new WordVectors(Vocabulary(words), dimension, values);
            row = 2 + row % words;
            string[] expected = [.. Enumerable.Range(2, words).Where(r => r != row)
                .OrderByDescending(r => vectors.Cosine(row, r)).ThenBy(r => r).Take(count).Select(vectors.Vocabulary.Word)];
            IReadOnlyList<Neighbor> nearest = vectors.Nearest(row, count);
            Assert.Equal(expected, nearest.Select(n => n.Word));
            Assert.All(nearest, n => Assert.Equal(vectors.Cosine(row, vectors.Vocabulary.RowOf(n.Word)), n.Cosine));
        });

    [Fact]
    public void A_cosine_is_the_inner_product_of_unit_vectors_and_zero_where_one_is_zero() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[0, 1 << 20]).Sample((dimension, seed) =>
        {
            var random = new Random(seed);
            float[] values = [.. Enumerable.Range(0, 4 * dimension).Select(_ => random.NextSingle() - 0.5f)];
            values.AsSpan(0, dimension).Clear();
            var vectors = new WordVectors(Vocabulary(2), dimension, values);
            double dot = 0, left = 0, right = 0;
            for (int i = 0; i < dimension; i++)
            {
                double a = values[2 * dimension + i], b = values[3 * dimension + i];
                (dot, left, right) = (dot + a * b, left + a * a, right + b * b);
            }

            Assert.Equal(dot / Math.Sqrt(left * right), vectors.Cosine(2, 3), 1e-5);
            Assert.Equal((0f, 0f), (vectors.Cosine(0, 2), vectors.Cosine(2, 0)));
            Assert.Equal(values[dimension..(2 * dimension)], vectors.Vector(1).ToArray());
        });

    private static WordVocabulary Vocabulary(int words) => new([.. Enumerable.Range(0, words).Select(i => $"w{i}")], new long[words]);
}
