namespace DistEmbed.Worker.Evaluation;

/// <summary>Tells how far a row would have moved. Any thread may call it.</summary>
/// <param name="first">The vector that the row started with.</param>
/// <param name="displacement">Takes the answer.</param>
public delegate void RowDisplacement(ReadOnlySpan<float> first, Span<double> displacement);

/// <summary>Rows that training never touched, each with how far it would have moved. Touched rows are not in it. Immutable.</summary>
public sealed class UntouchedMove
{
    private readonly int[] _rows;
    private readonly float[][] _first;
    private readonly double[][] _displacements;

    private UntouchedMove(int[] rows, float[][] first, double[][] displacements) => (_rows, _first, _displacements) = (rows, first, displacements);

    /// <summary>Asks for every row that is untouched and has a pretrained vector.</summary>
    /// <param name="dimension">Numbers a row.</param>
    /// <param name="states">What training did to the rows.</param>
    /// <param name="first">How rows started; called from several threads.</param>
    /// <param name="displacement">Tells how far a row would have moved.</param>
    public static UntouchedMove Of(int dimension, WordRowStates states, WordRowReader first, RowDisplacement displacement)
    {
        int[] rows = [.. states.In(WordRowState.Pretrained)];
        float[][] starts = new float[rows.Length][];
        double[][] displacements = new double[rows.Length][];
        // Each row has a place of its own, so that threads change no bit.
        Parallel.For(0, rows.Length, i =>
        {
            starts[i] = new float[dimension];
            displacements[i] = new double[dimension];
            first(rows[i], starts[i]);
            displacement(starts[i], displacements[i]);
        });
        return new UntouchedMove(rows, starts, displacements);
    }

    /// <summary>The rows moved by a share of their displacement.</summary>
    /// <param name="strength">The share; 0 leaves them where they are.</param>
    public IReadOnlyDictionary<int, ReadOnlyMemory<float>> At(double strength)
    {
        var moved = new Dictionary<int, ReadOnlyMemory<float>>(_rows.Length);
        for (int i = 0; i < _rows.Length; i++)
        {
            float[] values = new float[_first[i].Length];
            for (int j = 0; j < values.Length; j++)
                values[j] = (float)(_first[i][j] + strength * _displacements[i][j]);
            moved.Add(_rows[i], values);
        }

        return moved;
    }
}
