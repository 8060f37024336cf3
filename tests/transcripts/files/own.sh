# Makes two config maps, the second of which the first one owns.
set -e
weir delete configmap owner owned --ignore-not-found
weir create configmap owner --from-literal=a=b
uid=$(weir get configmap owner -o jsonpath='{.metadata.uid}')
weir create configmap owned --from-literal=a=b
weir patch configmap owned --type=merge -p "{\"metadata\":{\"labels\":{\"part\":\"owned\"},\"ownerReferences\":[
  {\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"name\":\"owner\",\"uid\":\"$uid\",\"blockOwnerDeletion\":true}]}}"
