namespace DistEmbed.Worker.Models.Contract;

/// <summary>
/// What training asks of every <see cref="IEmbeddingModel"/>, as demands that can be tried on a few examples: whoever writes a model runs them instead of reading how the rest of
/// the program relies on it. <c>distembed model check</c> does so.
/// </summary>
public sealed class ModelContract
{
    private readonly Action<ContractTrial> _try;

    private ModelContract(string name, string meaning, Action<ContractTrial> attempt) => (Name, Meaning, _try) = (name, meaning, attempt);

    /// <summary>Every demand.</summary>
    public static IReadOnlyList<ModelContract> Demands { get; } =
    [
        new("tables", "tables have names of their own, sizes, and word vectors named embedding", TableDemands.KeepTheRules),
        new("rows", "Prepare names each row that is read once, in order, and no other", RowDemands.AreThoseThatAreRead),
        new("gradients", "Train gives the derivatives of the loss", GradientDemands.AreTheDerivatives),
        new("written", "Train writes every used element of the gradients, and reads and writes nothing beyond", RowDemands.AreWhollyWritten),
        new("frozen", "a frozen table changes no bit of the loss and of the other tables' gradients", GradientDemands.FrozenTablesChangeNothing),
        new("slices", "the gradients of a step's slices add up to those of the whole step", GradientDemands.SlicesAddUp),
        new("repeats", "the same slice gives the same bits, whatever came between, and in another instance", RepeatDemands.SameBits),
        new("prepare", "Prepare is pure and may run on other threads", RepeatDemands.PreparesAnywhere),
        new("empty", "a slice without examples touches no row, has no loss and no gradient", RowDemands.EmptySlice),
        new("tensors", "no tensor outlives a call", RepeatDemands.NoTensorStays),
        new("predict", "Predict depends on rows and example alone", ScoreDemands.PredictionsRepeat),
        new("score", "Score gives the sums that Measures are made of, and sums of parts add up", ScoreDemands.SumsFit),
    ];

    /// <summary>Its name, a word.</summary>
    public string Name { get; }

    /// <summary>What it asks.</summary>
    public string Meaning { get; }

    /// <summary>Tries it. Whatever the model throws is a break of the demand.</summary>
    public DemandResult Try(ContractSubject subject)
    {
        try
        {
            using var trial = new ContractTrial(subject);
            _try(trial);
            return new DemandResult(DemandState.Met, null);
        }
        catch (DemandNotTriedException reason)
        {
            return new DemandResult(DemandState.NotTried, reason.Message);
        }
        catch (ContractBrokenException broken)
        {
            return new DemandResult(DemandState.Broken, broken.Message);
        }
#pragma warning disable CA1031 // what somebody's model throws is the finding
        catch (Exception thrown)
#pragma warning restore CA1031
        {
            return new DemandResult(DemandState.Broken, $"{thrown.GetType().Name}: {thrown.Message}");
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

#pragma warning disable CA1032, CA1064 // ends a demand, never leaves ModelContract
/// <summary>A demand that a model breaks.</summary>
internal sealed class ContractBrokenException(string message) : Exception(message);

/// <summary>A demand that says nothing about a model.</summary>
internal sealed class DemandNotTriedException(string message) : Exception(message);
#pragma warning restore CA1032, CA1064
