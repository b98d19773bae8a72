using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Corpus;

/// <summary>Chooses the rows of the words of some text.</summary>
/// <param name="counts">Every word of the text, and how often it is there; 0: it is not there any more.</param>
public delegate WordVocabulary VocabularyOfCounts(IEnumerable<KeyValuePair<string, long>> counts);
