using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Models.Contract;

/// <summary>A model and what it is tried on.</summary>
/// <param name="Create">Makes an instance; called several times, and each is disposed.</param>
/// <param name="Examples">
/// Examples as the model reads them, two or more. A few short ones do: each demand computes all of them many times. Ones without words and with repeated words show more.
/// </param>
public sealed record ContractSubject(Func<IEmbeddingModel> Create, ExampleSet Examples)
{
    /// <summary>Whether gradients are those of the summed loss, as word2vec's are, and not of the loss divided by <see cref="Slice.BatchSize"/>.</summary>
    public bool SummedLoss { get; init; }

    /// <summary>Why what it gives as gradients are not the loss's derivatives, by design; null: they are.</summary>
    public string? NotDerivatives { get; init; }

    /// <summary>Decides the values of the tables' rows.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Rows of tables that are not dense are uniform in ± this; those of dense ones too, or in ± one over the root of their length where that is less.</summary>
    public float Range { get; init; } = 0.5f;
}

/// <summary>What became of a demand.</summary>
public enum DemandState
{
    /// <summary>The model meets it.</summary>
    Met,

    /// <summary>The model breaks it.</summary>
    Broken,

    /// <summary>It says nothing about this model.</summary>
    NotTried,
}

/// <summary>What became of a demand.</summary>
/// <param name="State">Whether the model meets it.</param>
/// <param name="Why">What is broken, with numbers, or why it was not tried; null where it is met.</param>
public sealed record DemandResult(DemandState State, string? Why);
