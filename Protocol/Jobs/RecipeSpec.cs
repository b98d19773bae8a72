using System.Text.Json.Serialization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// Phases by the name that the literature gives them; which one is the key <c>kind</c>. Layers are the model's groups from its output down to the embedding; filters of several
/// widths, which stand side by side, are one layer.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(StaticRecipe), "static")]
[JsonDerivedType(typeof(NonStaticRecipe), "non-static")]
[JsonDerivedType(typeof(FreezeThenTuneRecipe), "freeze-then-tune")]
[JsonDerivedType(typeof(GradualRecipe), "gradual")]
[JsonDerivedType(typeof(ChainThawRecipe), "chain-thaw")]
[JsonDerivedType(typeof(DiscriminativeRecipe), "discriminative")]
[JsonDerivedType(typeof(AnchoredRecipe), "anchored")]
[JsonDerivedType(typeof(OovOnlyRecipe), "oov-only")]
[JsonDerivedType(typeof(FrequentFirstRecipe), "frequent-first")]
public abstract record RecipeSpec
{
    /// <summary>The phases for a model.</summary>
    public abstract IReadOnlyList<PhaseSpec> Phases(ModelSpec model);

    /// <summary>Layers from the output down to the embedding.</summary>
    protected static IReadOnlyList<string[]> Layers(ModelSpec model) => model.GroupsByLayer;

    /// <summary>Rules that freeze layers.</summary>
    protected static IEnumerable<PhaseRuleSpec> Freeze(IEnumerable<string[]> layers) =>
        layers.SelectMany(groups => groups).Select(group => new PhaseRuleSpec { Group = group, State = RuleState.Frozen });

    /// <summary>Name of a layer in plans: its groups.</summary>
    protected static string NameOf(string[] layer) => string.Join("+", layer);
}

/// <summary>The embedding is frozen for the whole run (Kim 2014, CNN-static).</summary>
public sealed record StaticRecipe : RecipeSpec
{
    /// <inheritdoc/>
    public override IReadOnlyList<PhaseSpec> Phases(ModelSpec model) => [new PhaseSpec { Name = "static", Rules = [.. Freeze([[model.Groups[0]]])] }];
}

/// <summary>Everything is tuned from the first step (Kim 2014, CNN-non-static).</summary>
public sealed record NonStaticRecipe : RecipeSpec
{
    /// <inheritdoc/>
    public override IReadOnlyList<PhaseSpec> Phases(ModelSpec model) => [new PhaseSpec { Name = "non-static" }];
}

/// <summary>The embedding is frozen until the rest of the network does something reasonable, then tuned.</summary>
public sealed record FreezeThenTuneRecipe : RecipeSpec
{
    /// <summary>Epochs for which the embedding is frozen at most.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>Evaluations on dev without improvement that thaw it before. Absent: only <see cref="Epochs"/> counts.</summary>
    public int? DevStalled { get; init; }

    /// <summary>Factor on the embedding's learning rate after the thaw.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>Steps over which the embedding's learning rate rises after the thaw.</summary>
    public int WarmupSteps { get; init; }

    /// <summary>What follows the rise.</summary>
    public WarmupShape Warmup { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<PhaseSpec> Phases(ModelSpec model) =>
    [
        new PhaseSpec { Name = "freeze", Rules = [.. Freeze([[model.Groups[0]]])], Until = new PhaseEndSpec { Epoch = Epochs, DevStalled = DevStalled } },
        new PhaseSpec { Name = "tune", Rules = [new PhaseRuleSpec { Group = model.Groups[0], Factor = Factor, WarmupSteps = WarmupSteps, Warmup = Warmup }] },
    ];
}

/// <summary>Gradual unfreezing: the output alone, then one layer more at a time, the embedding last (Howard and Ruder 2018, section 3.3).</summary>
public sealed record GradualRecipe : RecipeSpec
{
    /// <summary>Epochs before the next layer joins.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>Factor on the learning rate from a layer to the one below it; ULMFiT's discriminative rates are 1/2.6 = 0.385.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>Steps over which the learning rate of a layer that joins rises.</summary>
    public int WarmupSteps { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<PhaseSpec> Phases(ModelSpec model)
    {
        IReadOnlyList<string[]> layers = Layers(model);
        return [.. layers.Select((joining, last) => new PhaseSpec
        {
            Name = last == layers.Count - 1 ? "all" : last == 0 ? NameOf(joining) : $"to {NameOf(joining)}",
            Rules =
            [
                .. layers.Take(last + 1).SelectMany((groups, depth) => groups.Select(group =>
                    new PhaseRuleSpec { Group = group, Factor = Math.Pow(Factor, depth), WarmupSteps = last == 0 ? 0 : WarmupSteps })),
                .. Freeze(layers.Skip(last + 1)),
            ],
            Until = last == layers.Count - 1 ? null : new PhaseEndSpec { AfterEpochs = Epochs },
        })];
    }
}

/// <summary>
/// The output alone, then every layer alone from the embedding up, then all (Felbo et al. 2017, section 3.3). Theirs goes back to the best weights after each phase; here
/// training goes on from the last.
/// </summary>
public sealed record ChainThawRecipe : RecipeSpec
{
    /// <summary>Epochs of each phase but the last, at most.</summary>
    public int Epochs { get; init; } = 2;

    /// <summary>Evaluations on dev without improvement that end a phase before. Absent: only <see cref="Epochs"/> counts.</summary>
    public int? DevStalled { get; init; }

    /// <summary>Factor on the learning rate after the first phase.</summary>
    public double Factor { get; init; } = 0.1;

    /// <inheritdoc/>
    public override IReadOnlyList<PhaseSpec> Phases(ModelSpec model)
    {
        IReadOnlyList<string[]> layers = Layers(model);
        var end = new PhaseEndSpec { AfterEpochs = Epochs, DevStalled = DevStalled };
        return
        [
            new PhaseSpec { Name = NameOf(layers[0]), Rules = [.. Freeze(layers.Skip(1))], Until = end },
            .. layers.Reverse().Select(alone => new PhaseSpec
            {
                Name = $"{NameOf(alone)} alone",
                Rules = [.. Freeze(layers.Where(layer => layer != alone)), .. alone.Select(Slow)],
                Until = end,
            }),
            new PhaseSpec { Name = "all", Rules = [.. model.Groups.Select(Slow)] },
        ];

        PhaseRuleSpec Slow(string group) => new() { Group = group, Factor = Factor };
    }
}

/// <summary>Every layer has the learning rate of the one above it, divided by the same number (Howard and Ruder 2018, section 3.1).</summary>
public sealed record DiscriminativeRecipe : RecipeSpec
{
    /// <summary>What the learning rate is divided by from a layer to the one below.</summary>
    public double Divisor { get; init; } = 2.6;

    /// <inheritdoc/>
    public override IReadOnlyList<PhaseSpec> Phases(ModelSpec model) =>
    [
        new PhaseSpec
        {
            Name = "discriminative",
            Rules = [.. Layers(model).SelectMany((groups, depth) => groups.Select(group => new PhaseRuleSpec { Group = group, Factor = Math.Pow(Divisor, -depth) }))],
        },
    ];
}

/// <summary>The embedding is tuned from the first step and pulled back towards where it started (L2-SP, Li et al. 2018, in decoupled form).</summary>
public sealed record AnchoredRecipe : RecipeSpec
{
    /// <summary>After each step a row goes back by this times the learning rate of the way to where it started.</summary>
    public double Strength { get; init; } = 0.001;

    /// <inheritdoc/>
    public override IReadOnlyList<PhaseSpec> Phases(ModelSpec model) =>
        [new PhaseSpec { Name = "anchored", Rules = [new PhaseRuleSpec { Group = model.Groups[0], State = RuleState.Anchored, Strength = Strength }] }];
}

/// <summary>Words without a pretrained vector are tuned, those with one stay as they are.</summary>
public sealed record OovOnlyRecipe : RecipeSpec
{
    /// <inheritdoc/>
    public override IReadOnlyList<PhaseSpec> Phases(ModelSpec model) =>
        [new PhaseSpec { Name = "oov-only", Rules = [new PhaseRuleSpec { Group = model.Groups[0], Rows = new RowSelectorSpec { Pretrained = true }, State = RuleState.Frozen }] }];
}

/// <summary>The most frequent words are tuned first: the others, of which there are few gradients, join when the network knows what to do with them.</summary>
public sealed record FrequentFirstRecipe : RecipeSpec
{
    /// <summary>Words, from the most frequent on, that are tuned from the start.</summary>
    public int Words { get; init; } = 1000;

    /// <summary>Epochs before the others join.</summary>
    public int Epochs { get; init; } = 2;

    /// <summary>Factor on the learning rate of the others.</summary>
    public double Factor { get; init; } = 1;

    /// <inheritdoc/>
    public override IReadOnlyList<PhaseSpec> Phases(ModelSpec model)
    {
        string embedding = model.Groups[0];
        return
        [
            new PhaseSpec
            {
                Name = "frequent",
                Rules = [.. Freeze([[embedding]]), new PhaseRuleSpec { Group = embedding, Rows = new RowSelectorSpec { ToRank = Words } }],
                Until = new PhaseEndSpec { AfterEpochs = Epochs },
            },
            new PhaseSpec { Name = "all", Rules = Factor == 1 ? [] : [new PhaseRuleSpec { Group = embedding, Rows = new RowSelectorSpec { FromRank = Words + 1 }, Factor = Factor }] },
        ];
    }
}
