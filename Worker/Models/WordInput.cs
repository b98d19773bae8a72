namespace DistEmbed.Worker.Models;

/// <summary>The way between rows of the embedding that a slice touches and the words of its sentences as they are stepped through. Padding is a vector of zeros.</summary>
internal static class WordInput
{
    /// <summary>Lays the sentences of a slice out.</summary>
    public static SentenceSteps Steps(ClassifierSlice slice)
    {
        var lengths = new int[slice.Count];
        for (int example = 0; example < lengths.Length; example++)
            lengths[example] = slice.Tokens(example).Length;
        return new SentenceSteps(lengths);
    }

    /// <summary>Writes each word's vector to the start of its row of <paramref name="input"/>, [rows x <paramref name="width"/>].</summary>
    public static void Gather(ClassifierSlice slice, SentenceSteps steps, float[] vectors, int dimension, float[] input, int width)
    {
        for (int example = 0; example < slice.Count; example++)
        {
            ReadOnlySpan<int> tokens = slice.Tokens(example);
            for (int word = 0; word < tokens.Length; word++)
            {
                Span<float> to = input.AsSpan(steps.RowOf(example, word) * width, dimension);
                if (tokens[word] == slice.Touched)
                    to.Clear();
                else
                    vectors.AsSpan(tokens[word] * dimension, dimension).CopyTo(to);
            }
        }
    }

    /// <summary>Adds up the gradients of each touched row's words; <paramref name="gradient"/> is overwritten.</summary>
    public static void Spread(ClassifierSlice slice, SentenceSteps steps, float[] inputGradient, int width, float[] gradient, int dimension)
    {
        gradient.AsSpan(0, slice.Touched * dimension).Clear();
        for (int example = 0; example < slice.Count; example++)
        {
            ReadOnlySpan<int> tokens = slice.Tokens(example);
            for (int word = 0; word < tokens.Length; word++)
            {
                if (tokens[word] != slice.Touched)
                    RowMath.AddScaled(gradient.AsSpan(tokens[word] * dimension, dimension), inputGradient.AsSpan(steps.RowOf(example, word) * width, dimension), 1);
            }
        }
    }
}
