using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CsCheck;
using DistEmbed.ParameterServer.Optimizers;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Randomness;

namespace DistEmbed.ParameterServer.Tests.Optimizers;

public class RowOptimizerTests
{
    private const int Steps = 10_000;

    private static readonly OptimizerSpec[] Specs =
    [
        new SgdSpec { LearningRate = 0.1, L2 = 0.01, Decay = 0.02, MaxNorm = 1 },
        new SgdSpec { LearningRate = 0.1, Momentum = 0.9, L2 = 0.01, Decay = 0.02 },
        new SgdSpec { LearningRate = 0.1, Momentum = 0.9, Nesterov = true, Decay = 0.02 },
        new AdaGradSpec { LearningRate = 0.1, InitialAccumulator = 0.1, Decay = 0.02, MaxNorm = 1 },
        new RowAdaGradSpec { LearningRate = 0.1, InitialAccumulator = 0.1, Decay = 0.02 },
        new AdamSpec { LearningRate = 0.1, L2 = 0.01 },
        new AdamWSpec { LearningRate = 0.1, MaxNorm = 1 },
        new AdadeltaSpec { Decay = 0.02, MaxNorm = 1 },
    ];

    public static TheoryData<int> All => [.. Enumerable.Range(0, Specs.Length)];

    public static TheoryData<int> ThoseThatCanBeExact => [.. Enumerable.Range(0, Specs.Length).Where(i => Specs[i] is not (AdamSpec or AdamWSpec))];

    [Theory]
    [MemberData(nameof(All))]
    public void Frozen_steps_change_no_bit(int index)
    {
        OptimizerSpec spec = Specs[index] is AdamSpec or AdamWSpec ? Specs[index] : Specs[index] with { Untouched = UntouchedRows.Exact };
        IRowOptimizer optimizer = Create(spec, firstTunedStep: 100);
        (float[] row, float[] state) = Fresh(optimizer, 21, 3);
        row[0] = -0f;
        new Random(1).NextBytes(MemoryMarshal.AsBytes(state.AsSpan()));
        (float[] rowBefore, float[] stateBefore) = ([.. row], [.. state]);

        optimizer.Apply(row, state, Values(21, 4), 5);
        optimizer.CatchUp(row, state, 5, 98);
        optimizer.Apply(row, state, Values(21, 5), 99);
        AssertSameBits(rowBefore, row);
        AssertSameBits(stateBefore, state);

        state.AsSpan().Clear();
        optimizer.Apply(row, state, Values(21, 5), 100);
        Assert.NotEqual(rowBefore, row);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void An_element_does_not_depend_on_its_place_in_the_row(int index)
    {
        // Neither a bound on the norm nor a shared accumulator: those are sums over the row by nature.
        if (Specs[index] is RowAdaGradSpec)
            return;
        OptimizerSpec spec = Specs[index] with { MaxNorm = null };
        if (spec is not (AdamSpec or AdamWSpec))
            spec = spec with { Untouched = UntouchedRows.Exact };
        IRowOptimizer optimizer = Create(spec);
        Gen.Select(Gen.Int[1, 40], Gen.Int[0, 39], Gen.Float[-2, 2], Gen.Float[-2, 2], Gen.Int[1, 500]).Sample((length, place, value, gradient, gap) =>
        {
            place %= length;
            (float[] alone, float[] aloneState) = Fresh(optimizer, 1, 0);
            (float[] row, float[] state) = Fresh(optimizer, length, 7);
            float[] gradients = Values(length, 8);
            (alone[0], row[place], gradients[place]) = (value, value, gradient);
            foreach ((float[] w, float[] s, float[] g) in new[] { (alone, aloneState, new[] { gradient }), (row, state, gradients) })
            {
                optimizer.Apply(w, s, g, 1);
                optimizer.CatchUp(w, s, 1, gap);
                optimizer.Apply(w, s, g, gap + 1);
            }
            AssertSameBits(alone, [row[place]]);
            for (int s = 0; s < aloneState.Length; s++)
                AssertSameBits([aloneState[s]], [state[s * length + place]]);
        }, iter: 300);
    }

    [Theory]
    [MemberData(nameof(ThoseThatCanBeExact))]
    public void A_long_gap_equals_its_steps_one_by_one(int index)
    {
        IRowOptimizer optimizer = Create(Specs[index] with { Untouched = UntouchedRows.Exact, Schedule = new LinearSchedule() });
        IRowOptimizer stepwise = Create(Specs[index] with { Schedule = new LinearSchedule() });
        (float[] row, float[] state) = Fresh(optimizer, 21, 3);
        optimizer.Apply(row, state, Values(21, 4), 7);
        (float[] oneByOne, float[] oneByOneState) = ([.. row], [.. state]);

        optimizer.CatchUp(row, state, 7, 2345);
        for (int step = 8; step <= 2345; step++)
            stepwise.Apply(oneByOne, oneByOneState, new float[21], step);

        for (int i = 0; i < row.Length; i++) // 2338 roundings against one
            Assert.Equal(oneByOne[i], row[i], 5e-5);
        for (int i = 0; i < state.Length; i++)
            Assert.Equal(oneByOneState[i], state[i], 5e-5);
    }

    [Theory]
    [MemberData(nameof(ThoseThatCanBeExact))]
    public void Catching_up_depends_on_the_two_steps_alone(int index)
    {
        OptimizerSpec spec = Specs[index] with { Untouched = UntouchedRows.Exact, Schedule = new LinearSchedule() };
        IRowOptimizer busy = Create(spec);
        Gen.Select(Gen.Int[0, 3000], Gen.Int[1, 3000]).Sample((from, steps) =>
        {
            (float[] row, float[] state) = Fresh(busy, 5, 3);
            (float[] other, float[] otherState) = Fresh(busy, 5, 3);
            state.AsSpan().Fill(0.5f);
            otherState.AsSpan().Fill(0.5f);
            busy.CatchUp(row, state, from, from + steps);
            Create(spec).CatchUp(other, otherState, from, from + steps);
            AssertSameBits(row, other);
            AssertSameBits(state, otherState);
        }, iter: 50);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Skipped_rows_stay_as_they_are(int index)
    {
        IRowOptimizer optimizer = Create(Specs[index]);
        (float[] row, float[] state) = Fresh(optimizer, 21, 3);
        optimizer.Apply(row, state, Values(21, 4), 1);
        (float[] rowBefore, float[] stateBefore) = ([.. row], [.. state]);

        optimizer.CatchUp(row, state, 1, 500);

        Assert.False(optimizer.CatchesUp);
        AssertSameBits(rowBefore, row);
        AssertSameBits(stateBefore, state);
    }

    /// <summary>Readers take a row as it lies where the optimizer says that steps without a gradient leave its values alone.</summary>
    [Fact]
    public void Values_move_without_a_gradient_only_where_the_optimizer_says_so()
    {
        OptimizerSpec[] plain =
        [
            new SgdSpec { LearningRate = 0.1 }, new SgdSpec { LearningRate = 0.1, Momentum = 0.9 }, new SgdSpec { LearningRate = 0.1, L2 = 0.01 },
            new AdaGradSpec { LearningRate = 0.1 }, new RowAdaGradSpec { LearningRate = 0.1 }, new AdadeltaSpec(), new AdadeltaSpec { Decay = 0.02 }, new AdadeltaSpec { MaxNorm = 1 },
        ];
        var said = new List<bool>();
        foreach (OptimizerSpec spec in plain)
        {
            IRowOptimizer optimizer = Create(spec with { Untouched = UntouchedRows.Exact }, maxNorm: spec.MaxNorm);
            (float[] row, float[] state) = Fresh(optimizer, 21, 3);
            optimizer.Apply(row, state, Values(21, 4), 1);
            Grow(row, 3); // beyond any bound
            float[] before = [.. row];

            optimizer.CatchUp(row, state, 1, 9);

            Assert.Equal(optimizer.MovesUntouched, !before.AsSpan().SequenceEqual(row));
            said.Add(optimizer.MovesUntouched);
        }

        Assert.Equal([false, true, true, false, false, false, true, true], said);

        static void Grow(float[] values, float factor)
        {
            for (int i = 0; i < values.Length; i++)
                values[i] *= factor;
        }
    }

    [Fact]
    public void Adam_corrects_its_bias_by_all_steps_since_the_thaw()
    {
        var spec = new AdamSpec { LearningRate = 0.1 };
        IRowOptimizer optimizer = Create(spec, firstTunedStep: 11);
        (float[] first, float[] firstState) = ([1f], [0f, 0f]);
        optimizer.Apply(first, firstState, [0.5f], 11);
        Assert.Equal(0.9, first[0], 1e-6); // t = 1: a full step, whatever the gradient

        (float[] later, float[] laterState) = ([1f], [0f, 0f]);
        optimizer.Apply(later, laterState, [0.5f], 20);
        double m = 0.1 * 0.5 / (1 - Math.Pow(0.9, 10)), v = 0.001 * 0.25 / (1 - Math.Pow(0.999, 10));
        Assert.Equal(1 - 0.1 * m / Math.Sqrt(v), later[0], 1e-6); // t = 10, though it is the row's first
    }

    [Fact]
    public void Row_adagrad_divides_by_the_root_of_the_mean_square_of_the_whole_row()
    {
        var spec = new RowAdaGradSpec { LearningRate = 0.1, InitialAccumulator = 0.2, L2 = 0.3, Decay = 0.05 };
        IRowOptimizer optimizer = Create(spec);
        (float[] row, float[] state) = Fresh(optimizer, 301, 3);
        double[] w = [.. row.Select(v => (double)v)];
        double sum = 0.2;
        for (int step = 1; step <= 5; step++)
        {
            float[] gradient = Values(301, step);
            optimizer.Apply(row, state, gradient, step);
            double[] d = [.. w.Zip(gradient, (x, g) => g + 0.3 * x)];
            sum += d.Sum(x => x * x) / 301;
            w = [.. w.Zip(d, (x, g) => x - 0.1 * (0.05 * x + g / Math.Sqrt(sum)))];
        }
        Assert.Equal(sum, state[0], 1e-6);
        for (int i = 0; i < w.Length; i++)
            Assert.Equal(w[i], row[i], 1e-6);
    }

    [Fact]
    public void Rows_longer_than_the_bound_are_scaled_to_it_after_the_update_and_others_keep_their_bits()
    {
        IRowOptimizer bounded = Create(new SgdSpec { LearningRate = 1, MaxNorm = 3 }, maxNorm: 1);
        float[] row = [3, 4, 0];
        bounded.Apply(row, [], [1, 1, 0], 1);
        Assert.Equal([2, 3, 0], row.Select(v => (float)Math.Round(v * Math.Sqrt(13) / 3, 5)));

        float[] shorter = [0.3f, 0.4f];
        bounded.Apply(shorter, [], [0, 0], 1);
        AssertSameBits([0.3f, 0.4f], shorter);

        IRowOptimizer asTheModelSays = Create(new SgdSpec { LearningRate = 1 }, maxNorm: 1);
        asTheModelSays.Apply(row, [], [0, 0, 0], 1);
        Assert.Equal(1, Math.Sqrt(row.Sum(v => (double)v * v)), 1e-6);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void An_untouched_row_that_starts_too_long_is_bounded_as_the_dense_optimizer_would(int index)
    {
        OptimizerSpec spec = Specs[index] with { LearningRate = 0.1, MaxNorm = 0.5 };
        IRowOptimizer exact = Create(spec with { Untouched = UntouchedRows.Exact });
        IRowOptimizer stepwise = Create(spec);
        (float[] row, float[] state) = Fresh(exact, 21, 3);
        (float[] oneByOne, float[] oneByOneState) = Fresh(stepwise, 21, 3);

        exact.CatchUp(row, state, 0, 40);
        for (int step = 1; step <= 40; step++)
            stepwise.Apply(oneByOne, oneByOneState, new float[21], step);

        for (int i = 0; i < row.Length; i++)
            Assert.Equal(oneByOne[i], row[i], 1e-6);
    }

    [Fact]
    public void A_row_at_rest_keeps_its_bits_the_sign_of_a_zero_included()
    {
        IRowOptimizer optimizer = Create(new SgdSpec { Momentum = 0.9, Untouched = UntouchedRows.Exact });
        float[] row = [-0f, 1];
        optimizer.CatchUp(row, new float[2], 0, 9);
        AssertSameBits([-0f, 1], row);
    }

    /// <summary>
    /// The bits of all rules on one sequence, as every processor must produce them: with DOTNET_EnableAVX2=0 or DOTNET_EnableHWIntrinsic=0 too. A change here
    /// means that resumed runs no longer end on the bits of runs before the change.
    /// </summary>
    [Fact]
    public void Every_processor_and_version_produces_these_bits()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (OptimizerSpec each in Specs)
        {
            OptimizerSpec spec = each with { Untouched = each is AdamSpec or AdamWSpec ? UntouchedRows.Skip : UntouchedRows.Exact, Schedule = new LinearSchedule() };
            IRowOptimizer optimizer = Create(spec, firstTunedStep: 3);
            var random = new CounterRandom(1, RandomPurpose.Sampling);
            float[] row = new float[37], gradient = new float[37], state = new float[optimizer.StateSize(37)];
            optimizer.InitializeState(row, state);
            int last = 0;
            for (int step = 1; step < 400; step += 1 + random.NextInt(40))
            {
                foreach (ref float g in gradient.AsSpan())
                    g = random.NextSingle() - 0.5f;
                optimizer.CatchUp(row, state, last, step - 1);
                optimizer.Apply(row, state, gradient, last = step);
            }
            hash.AppendData(MemoryMarshal.AsBytes(row.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes(state.AsSpan()));
        }
        Assert.Equal("e18f721ca60bb96b8afd046d6c8572e7", Convert.ToHexStringLower(hash.GetHashAndReset())[..32]);
    }

    [Fact]
    public void Settings_that_cannot_be_used_are_refused_by_name()
    {
        var spec = new SgdSpec { Momentum = 0.9, Untouched = UntouchedRows.Exact };
        InvalidInputException refused = Assert.Throws<InvalidInputException>(() => Create(spec, maxNorm: 3));
        Assert.Equal("optimizers.embedding.untouched", Assert.Single(refused.Errors).Where);
    }

    private static IRowOptimizer Create(OptimizerSpec spec, int firstTunedStep = 1, double? maxNorm = null) =>
        RowOptimizers.Create(spec, new GroupTimeline("embedding", spec, Steps, firstTunedStep), maxNorm);

    private static (float[] Row, float[] State) Fresh(IRowOptimizer optimizer, int dimension, int seed)
    {
        float[] row = Values(dimension, seed), state = new float[optimizer.StateSize(dimension)];
        optimizer.InitializeState(row, state);
        return (row, state);
    }

    private static float[] Values(int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f)];
    }

    private static void AssertSameBits(float[] expected, float[] actual) =>
        Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), actual.Select(BitConverter.SingleToInt32Bits));
}
