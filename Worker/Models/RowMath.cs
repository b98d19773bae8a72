using System.Numerics;
using System.Runtime.InteropServices;

namespace DistEmbed.Worker.Models;

/// <summary>
/// Arithmetic on rows. Every element is computed by itself, product and sum rounded apart (never fused), so the bits do not depend on the width of the
/// processor's vectors.
/// </summary>
internal static class RowMath
{
    /// <summary><c>target += factor * source</c>, element by element.</summary>
    public static void AddScaled(Span<float> target, ReadOnlySpan<float> source, float factor)
    {
        if (source.Length != target.Length)
            throw new ArgumentException("rows of one length", nameof(source));
        ref float to = ref MemoryMarshal.GetReference(target);
        ref float from = ref MemoryMarshal.GetReference(source);
        var factors = new Vector<float>(factor);
        int i = 0;
        for (; i <= target.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            (Vector.LoadUnsafe(ref to, (nuint)i) + (factors * Vector.LoadUnsafe(ref from, (nuint)i))).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < target.Length; i++)
            target[i] += factor * source[i];
    }
}
