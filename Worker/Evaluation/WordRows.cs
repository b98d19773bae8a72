namespace DistEmbed.Worker.Evaluation;

/// <summary>Copies a row of a table of word vectors.</summary>
/// <param name="row">The row.</param>
/// <param name="values">Takes its numbers; as long as a row.</param>
public delegate void WordRowReader(int row, Span<float> values);

/// <summary>Takes a row of a table of word vectors. The span is valid during the call only.</summary>
/// <param name="row">The row.</param>
/// <param name="values">Its numbers.</param>
public delegate void WordRowVisitor(int row, ReadOnlySpan<float> values);

/// <summary>Hands every row of a table of word vectors to a visitor, each once, in any order, and the same rows at every call: a table that need not be in memory.</summary>
/// <param name="visitor">Takes the rows.</param>
public delegate void WordRowScan(WordRowVisitor visitor);
