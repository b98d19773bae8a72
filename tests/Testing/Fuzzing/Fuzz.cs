using Xunit;

namespace DistEmbed.Testing.Fuzzing;

/// <summary>What became of the inputs of a <see cref="Fuzz"/>.</summary>
/// <param name="Taken">Inputs that were taken for good.</param>
/// <param name="Refused">Inputs that were refused as they have to be.</param>
public sealed record FuzzCount(int Taken, int Refused)
{
    /// <summary>Fails unless enough of both were among the inputs: a decoder that takes nothing, or refuses nothing, was hardly tried.</summary>
    /// <param name="taken">Smallest share that was taken.</param>
    /// <param name="refused">Smallest share that was refused.</param>
    public void ExpectShares(double taken, double refused = 0.1)
    {
        Assert.InRange(Taken, (int)(taken * (Taken + Refused)) + 1, int.MaxValue);
        Assert.InRange(Refused, (int)(refused * (Taken + Refused)) + 1, int.MaxValue);
    }
}

/// <summary>
/// Feeds a decoder mutated inputs. It may take one or refuse it with its own exception; anything else, and memory that the input does not pay for, fails with the seed, the
/// number and the bytes of the input.
/// </summary>
public static class Fuzz
{
    /// <summary>Environment variable with another seed.</summary>
    public const string Variable = "DISTEMBED_FUZZ_SEED";

    /// <summary>Inputs that each decoder is fed.</summary>
    public static int Inputs { get; } = TestScope.Of(100_000, 4_000);

    /// <summary>What an exception with its trace and a decoder's own tools may cost, however short the input.</summary>
    private const int Free = 1 << 16;

    /// <summary>Runs a decoder.</summary>
    /// <typeparam name="TRefusal">The exception that it refuses with.</typeparam>
    /// <param name="good">Inputs that are good.</param>
    /// <param name="decode">The decoder.</param>
    /// <param name="repair">Makes an input pass what would refuse it before it is looked at, such as a checksum, in every second input; null: there is no such thing.</param>
    /// <param name="bytesEach">The most bytes that may be allocated for each byte of input.</param>
    /// <param name="free">The most bytes that may be allocated beside that.</param>
    /// <param name="inputs">Number of inputs; null: <see cref="Inputs"/>.</param>
    public static FuzzCount Run<TRefusal>(IReadOnlyList<byte[]> good, Action<byte[]> decode, Func<byte[], byte[]>? repair = null, int bytesEach = 32, int free = Free, int? inputs = null)
        where TRefusal : Exception
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable(Variable), out int given) ? given : 20261125;
        int count = inputs ?? Inputs;
        Console.WriteLine($"{count} inputs with seed {seed} (set {Variable} for another)");
        foreach (byte[] input in good)
            decode([.. input]);
        var mutator = new Mutator(seed);
        int taken = 0, refused = 0;
        for (int i = 0; i < count; i++)
        {
            byte[] input = mutator.Next(good);
            if (repair is not null && i % 2 == 0)
                input = repair(input);
            byte[] kept = [.. input];
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                decode(input);
                taken++;
            }
            catch (TRefusal)
            {
                refused++;
            }
            catch (Exception other)
            {
                throw new InvalidOperationException($"seed {seed}, input {i}, {Convert.ToHexString(kept)}: {other.Message}", other);
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (allocated > free + ((long)bytesEach * kept.Length))
                throw new InvalidOperationException($"seed {seed}, input {i}, {Convert.ToHexString(kept)}: {allocated} bytes allocated for {kept.Length}");
        }

        return new FuzzCount(taken, refused);
    }
}
