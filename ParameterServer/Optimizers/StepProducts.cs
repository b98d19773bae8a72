namespace DistEmbed.ParameterServer.Optimizers;

/// <summary>
/// What steps without a gradient do to an element (w, v) of a linear optimizer: w' = A w + B v, v' = C w + D v, in double precision. Where there is no
/// velocity only <paramref name="A"/> counts.
/// </summary>
internal readonly record struct StepMatrix(double A, double B, double C, double D)
{
    /// <summary>Changes nothing.</summary>
    public static StepMatrix Identity { get; } = new(1, 0, 0, 1);

    /// <summary>This, and <paramref name="next"/> after it: the product next * this.</summary>
    public StepMatrix Then(StepMatrix next) => new(
        next.A * A + next.B * C,
        next.A * B + next.B * D,
        next.C * A + next.D * C,
        next.C * B + next.D * D);
}

/// <summary>
/// Products of the matrices of consecutive steps, for catching up over any gap under any learning-rate schedule. Products of blocks of 16, 32, 64 .. steps are
/// kept, so a gap of d steps costs O(log d) multiplications once its blocks are known, and about 7 bytes a step of the run. A product is always put together
/// from the same blocks, whatever was asked for before: it depends on the two steps alone. Safe for use by several threads.
/// </summary>
internal sealed class StepProducts(Func<int, StepMatrix> matrixOfStep)
{
    private const int SmallestBlock = 4;

    private readonly Lock _lock = new();
    private readonly Dictionary<(int Level, int Index), StepMatrix> _blocks = [];
    private readonly Dictionary<int, StepMatrix> _productsToLast = [];
    private int _last;

    /// <summary>The product of the steps from + 1 to <paramref name="to"/>; <paramref name="from"/> is at least 0 and below <paramref name="to"/>.</summary>
    public StepMatrix Between(int from, int to)
    {
        lock (_lock)
        {
            // Rows of one step catch up to the same step, from few different ones.
            if (to != _last)
            {
                _productsToLast.Clear();
                _last = to;
            }
            if (!_productsToLast.TryGetValue(from, out StepMatrix product))
                _productsToLast.Add(from, product = Multiply(from, to));
            return product;
        }
    }

    private StepMatrix Multiply(int from, int to)
    {
        var product = StepMatrix.Identity;
        while (from < to)
        {
            int level = Math.Min(int.TrailingZeroCount(from), int.Log2(to - from));
            if (level < SmallestBlock)
            {
                product = product.Then(matrixOfStep(++from));
                continue;
            }
            product = product.Then(Block(level, from >> level));
            from += 1 << level;
        }
        return product;
    }

    /// <summary>The product of the 2^level steps after step index * 2^level.</summary>
    private StepMatrix Block(int level, int index)
    {
        if (_blocks.TryGetValue((level, index), out StepMatrix product))
            return product;
        if (level == SmallestBlock)
        {
            product = StepMatrix.Identity;
            for (int step = (index << level) + 1; step <= (index + 1) << level; step++)
                product = product.Then(matrixOfStep(step));
        }
        else
        {
            product = Block(level - 1, 2 * index).Then(Block(level - 1, 2 * index + 1));
        }
        _blocks.Add((level, index), product);
        return product;
    }
}
