using System.Runtime.InteropServices;

namespace DistEmbed.Worker.Evaluation;

/// <summary>How far a row is from its start. Sums are in double precision from the first number to the last, so they are the same on every processor.</summary>
/// <param name="Moved">Whether any bit differs.</param>
/// <param name="Cosine">Cosine to the start; 1 for a row that has not moved; not a number where it has and either is zero, or no longer finite.</param>
/// <param name="Distance">L2 distance to the start; 0 for a row that has not moved.</param>
/// <param name="NormGrowth">Norm now over norm at the start; 1 for a row that has not moved; not a number where it has and started at zero, or is no longer finite.</param>
public readonly record struct RowChange(bool Moved, double Cosine, double Distance, double NormGrowth)
{
    /// <summary>A row that has not moved.</summary>
    public static RowChange None { get; } = new(false, 1, 0, 1);

    /// <summary>Compares a row with its start.</summary>
    /// <exception cref="ArgumentException">The two have different lengths.</exception>
    public static RowChange Of(ReadOnlySpan<float> start, ReadOnlySpan<float> now)
    {
        if (start.Length != now.Length)
            throw new ArgumentException($"{start.Length} numbers against {now.Length}", nameof(now));
        if (MemoryMarshal.AsBytes(start).SequenceEqual(MemoryMarshal.AsBytes(now)))
            return None;
        double dot = 0, before = 0, after = 0, apart = 0;
        for (int i = 0; i < start.Length; i++)
        {
            double a = start[i], b = now[i];
            dot += a * b;
            before += a * a;
            after += b * b;
            apart += (a - b) * (a - b);
        }

        // A cosine of floats can be beyond 1 by the rounding of sums. Zero over zero is not a number, and neither is infinity over infinity.
        double norms = Math.Sqrt(before) * Math.Sqrt(after);
        double growth = before == 0 ? double.NaN : Math.Sqrt(after / before);
        return new RowChange(true, Math.Clamp(dot / norms, -1, 1), Math.Sqrt(apart), double.IsFinite(growth) ? growth : double.NaN);
    }
}
