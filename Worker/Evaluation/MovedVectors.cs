namespace DistEmbed.Worker.Evaluation;

/// <summary>
/// First and tuned vectors of the rows that had a pretrained vector and that training moved, ascending by row: what untouched rows can be moved along with. A row that
/// is no longer finite is not among them. Immutable.
/// </summary>
public sealed class MovedVectors
{
    private readonly float[] _first;
    private readonly float[] _now;

    private MovedVectors(int dimension, int count, float[] first, float[] now) => (Dimension, Count, _first, _now) = (dimension, count, first, now);

    /// <summary>Numbers a vector.</summary>
    public int Dimension { get; }

    /// <summary>Number of vectors.</summary>
    public int Count { get; }

    /// <summary>Reads them.</summary>
    /// <param name="dimension">Numbers a vector.</param>
    /// <param name="states">What training did to the rows.</param>
    /// <param name="hasVector">Whether a row started with a pretrained vector.</param>
    /// <param name="first">How rows started.</param>
    /// <param name="now">The rows as they are.</param>
    public static MovedVectors Of(int dimension, WordRowStates states, Func<int, bool> hasVector, WordRowReader first, WordRowScan now)
    {
        int[] rows = [.. states.In(WordRowState.Moved).Where(hasVector)];
        float[] tuned = new float[rows.Length * dimension];
        now((row, values) =>
        {
            if (Array.BinarySearch(rows, row) is >= 0 and int place)
                values.CopyTo(tuned.AsSpan(place * dimension));
        });
        float[] started = new float[tuned.Length];
        int count = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            Span<float> last = tuned.AsSpan(i * dimension, dimension);
            if (!IsFinite(last))
                continue;
            last.CopyTo(tuned.AsSpan(count * dimension));
            first(rows[i], started.AsSpan(count * dimension, dimension));
            count++;
        }

        return new MovedVectors(dimension, count, started, tuned);
    }

    /// <summary>The vector that a row started with.</summary>
    /// <param name="index">Which of the rows.</param>
    public ReadOnlySpan<float> First(int index) => _first.AsSpan(index * Dimension, Dimension);

    /// <summary>Copies how far a row moved: tuned less first.</summary>
    /// <param name="index">Which of the rows.</param>
    /// <param name="displacement">Takes the difference.</param>
    public void Displacement(int index, Span<double> displacement)
    {
        for (int i = 0; i < Dimension; i++)
            displacement[i] = (double)_now[index * Dimension + i] - _first[index * Dimension + i];
    }

    private static bool IsFinite(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
                return false;
        }

        return true;
    }
}
