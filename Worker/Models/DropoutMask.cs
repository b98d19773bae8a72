using DistEmbed.Protocol.Randomness;

namespace DistEmbed.Worker.Models;

/// <summary>What dropout multiplies numbers by while training (inverted: the mean stays), a function of the slice.</summary>
internal static class DropoutMask
{
    /// <summary>Draws a slice's mask; null where nothing is dropped.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="dropout">Probability that a number becomes zero.</param>
    /// <param name="count">How many numbers.</param>
    public static float[]? Draw(Slice slice, float dropout, int count)
    {
        if (dropout == 0)
            return null;
        CounterRandom random = slice.Random(RandomPurpose.Dropout);
        float kept = 1 / (1 - dropout);
        var mask = new float[count];
        for (int i = 0; i < mask.Length; i++)
            mask[i] = random.NextSingle() < dropout ? 0 : kept;
        return mask;
    }
}
