using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DistEmbed.ParameterServer.Optimizers;

/// <summary>
/// An update of one element of a row from its value, its state and its gradient, written once for eight lanes. Only operations that IEEE 754 rounds
/// correctly (+, -, *, /, square root) and no fused multiply-add: a lane's result is then the same on every processor, and wherever in a vector it lies.
/// </summary>
internal interface IElementUpdate
{
    /// <summary>Floats of state an element has: 0, 1 or 2.</summary>
    static abstract int States { get; }

    /// <summary>Updates the value <paramref name="w"/> and the state in place. State that the update does not have is passed as zero and dropped.</summary>
    void Update(ref Vector256<float> w, ref Vector256<float> first, ref Vector256<float> second, Vector256<float> gradient);
}

/// <summary>Runs element updates over rows, and the two reductions over a row that optimizers need.</summary>
internal static class Elementwise
{
    private const int Lanes = 8;

    /// <summary>
    /// Updates every element of <paramref name="row"/>. The state holds the first state of all elements, then the second. A last part of fewer than eight
    /// elements goes through the same vector code in a padded copy, so there is no second formula whose bits could differ.
    /// </summary>
    public static void Run<TUpdate>(TUpdate update, Span<float> row, Span<float> state, ReadOnlySpan<float> gradient)
        where TUpdate : struct, IElementUpdate
    {
        int length = row.Length;
        if (gradient.Length != length || state.Length < TUpdate.States * length)
            throw new ArgumentException($"A row of {length} needs a gradient of {length} (is {gradient.Length}) and a state of {TUpdate.States * length} (is {state.Length}).");
        ref float w = ref MemoryMarshal.GetReference(row);
        ref float g = ref MemoryMarshal.GetReference(gradient);
        ref float first = ref TUpdate.States > 0 ? ref MemoryMarshal.GetReference(state) : ref Unsafe.NullRef<float>();
        ref float second = ref TUpdate.States > 1 ? ref Unsafe.Add(ref first, length) : ref Unsafe.NullRef<float>();

        int i = 0;
        for (; i <= length - Lanes; i += Lanes)
            Block(ref update, ref Unsafe.Add(ref w, i), ref Unsafe.Add(ref first, i), ref Unsafe.Add(ref second, i), ref Unsafe.Add(ref g, i));

        int rest = length - i;
        if (rest == 0)
            return;
        Span<float> padded = stackalloc float[4 * Lanes];
        row[i..].CopyTo(padded);
        gradient[i..].CopyTo(padded[Lanes..]);
        for (int s = 0; s < TUpdate.States; s++)
            state.Slice(s * length + i, rest).CopyTo(padded[((2 + s) * Lanes)..]);
        Block(ref update, ref padded[0], ref padded[2 * Lanes], ref padded[3 * Lanes], ref padded[Lanes]);
        padded[..rest].CopyTo(row[i..]);
        for (int s = 0; s < TUpdate.States; s++)
            padded.Slice((2 + s) * Lanes, rest).CopyTo(state[(s * length + i)..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block<TUpdate>(ref TUpdate update, ref float w, ref float first, ref float second, ref float g)
        where TUpdate : struct, IElementUpdate
    {
        Vector256<float> value = Vector256.LoadUnsafe(ref w);
        Vector256<float> a = TUpdate.States > 0 ? Vector256.LoadUnsafe(ref first) : default;
        Vector256<float> b = TUpdate.States > 1 ? Vector256.LoadUnsafe(ref second) : default;
        update.Update(ref value, ref a, ref b, Vector256.LoadUnsafe(ref g));
        value.StoreUnsafe(ref w);
        if (TUpdate.States > 0)
            a.StoreUnsafe(ref first);
        if (TUpdate.States > 1)
            b.StoreUnsafe(ref second);
    }

    /// <summary>Multiplies every element by <paramref name="factor"/>.</summary>
    public static void Scale(Span<float> values, float factor) => Run(new ScaleUpdate(Vector256.Create(factor)), values, [], values);

    /// <summary>Adds <paramref name="rate"/> times itself to every element: near 1, single precision keeps more of a factor's distance from 1 than of the factor.</summary>
    public static void Grow(Span<float> values, float rate) => Run(new GrowUpdate(Vector256.Create(rate)), values, [], values);

    /// <summary>
    /// The sum of squares in double precision, by eight running sums (element i goes to sum i mod 8) that are added pairwise at the end: an order that no
    /// vector width changes.
    /// </summary>
    public static double SumOfSquares(ReadOnlySpan<float> values)
    {
        ref float first = ref MemoryMarshal.GetReference(values);
        Vector256<double> low = default, high = default;
        int i = 0;
        for (; i <= values.Length - Lanes; i += Lanes)
        {
            (Vector256<double> a, Vector256<double> b) = Vector256.Widen(Vector256.LoadUnsafe(ref first, (nuint)i));
            low += a * a;
            high += b * b;
        }
        if (i < values.Length)
        {
            Span<float> padded = stackalloc float[Lanes];
            values[i..].CopyTo(padded);
            (Vector256<double> a, Vector256<double> b) = Vector256.Widen(Vector256.Create((ReadOnlySpan<float>)padded));
            low += a * a;
            high += b * b;
        }
        Vector256<double> sum = low + high;
        return (sum[0] + sum[1]) + (sum[2] + sum[3]);
    }

    /// <summary>Scales <paramref name="row"/> back to the L2 norm <paramref name="bound"/> where it is longer.</summary>
    public static void Clip(Span<float> row, double bound)
    {
        double squares = SumOfSquares(row);
        if (squares > bound * bound)
            Scale(row, (float)(bound / Math.Sqrt(squares)));
    }

    /// <summary>Moves every element by <paramref name="part"/> of its way to <paramref name="start"/>, of which nothing changes.</summary>
    public static void Approach(Span<float> row, Span<float> start, float part) => Run(new ApproachUpdate(Vector256.Create(part)), row, start, row);

    /// <summary>
    /// Puts a row that is further than <paramref name="radius"/> from <paramref name="start"/> back on the sphere around it. What is written is never beyond it by
    /// <see cref="Distance"/>: a factor whose result rounds outwards is made smaller.
    /// </summary>
    public static void Confine(Span<float> row, Span<float> start, double radius)
    {
        const double SmallestSlack = 1.0 / (1 << 20);
        double slack = 0;
        for (double distance = Distance(row, start); distance > radius; distance = Distance(row, start))
        {
            if (slack > 0.5)
            {
                start.CopyTo(row); // single precision does not tell the radius apart around the start
                return;
            }

            Approach(row, start, (float)(1 - (radius / distance * (1 - slack))));
            slack = Math.Max(SmallestSlack, 4 * slack);
        }
    }

    /// <summary>The L2 distance of two rows, from differences in double precision.</summary>
    public static double Distance(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        double sum = 0;
        for (int i = 0; i < one.Length; i++)
        {
            double difference = (double)one[i] - other[i];
            sum += difference * difference;
        }

        return Math.Sqrt(sum);
    }

    private readonly struct ApproachUpdate(Vector256<float> part) : IElementUpdate
    {
        public static int States => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update(ref Vector256<float> w, ref Vector256<float> first, ref Vector256<float> second, Vector256<float> gradient) => w += part * (first - w);
    }

    private readonly struct ScaleUpdate(Vector256<float> factor) : IElementUpdate
    {
        public static int States => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update(ref Vector256<float> w, ref Vector256<float> first, ref Vector256<float> second, Vector256<float> gradient) => w *= factor;
    }

    private readonly struct GrowUpdate(Vector256<float> rate) : IElementUpdate
    {
        public static int States => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Update(ref Vector256<float> w, ref Vector256<float> first, ref Vector256<float> second, Vector256<float> gradient) => w += rate * w;
    }
}
