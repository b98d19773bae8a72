namespace DistEmbed.Coordinator.Reports;

/// <summary>A line of metrics.jsonl. Losses and speeds are those of the steps since the line before; counters are since training began.</summary>
public sealed record MetricsRecord : IStepRecord
{
    /// <summary>The last step of the line.</summary>
    public required int Step { get; init; }

    /// <summary>The epoch of that step, from 0.</summary>
    public required int Epoch { get; init; }

    /// <summary>Seconds of training so far.</summary>
    public required double Seconds { get; init; }

    /// <summary>Mean training loss, natural logarithm.</summary>
    public required double Loss { get; init; }

    /// <summary>Fraction of training examples, or whatever the model judges, that were predicted right; null where nothing is judged.</summary>
    public double? Accuracy { get; init; }

    /// <summary>Evaluation on the dev part after the step; null: there was none.</summary>
    public PartResult? Dev { get; init; }

    /// <summary>Training examples a second.</summary>
    public required double ExamplesPerSecond { get; init; }

    /// <summary>Words a second.</summary>
    public double? WordsPerSecond { get; init; }

    /// <summary>Learning rate of each group of tables at the step; 0 while it is frozen.</summary>
    public required IReadOnlyDictionary<string, double> LearningRates { get; init; }

    /// <summary>Rows that workers pulled.</summary>
    public required long RowsPulled { get; init; }

    /// <summary>Rows that workers pushed.</summary>
    public required long RowsPushed { get; init; }

    /// <summary>Bytes of the rows pulled.</summary>
    public long BytesPulled { get; init; }

    /// <summary>Bytes of the rows pushed.</summary>
    public long BytesPushed { get; init; }

    /// <summary>Rows that workers needed and had, so that they were not pulled.</summary>
    public long RowsKept { get; init; }

    /// <summary>Bytes of those rows.</summary>
    public long BytesKept { get; init; }
}
