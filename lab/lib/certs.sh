# Keys and certificates, made anew by each `up`, on a tmpfs.

make_certs() {
  local n=$1 dir=$RUN/ssl k names=DNS:localhost,IP:127.0.0.1,IP:10.0.0.1
  mkdir -p "$dir"
  for ((k = 1; k <= n; k++)); do names+=",DNS:node$k,IP:10.0.0.$((110 + k))"; done
  (
    cd "$dir"
    : >index.txt
    echo 01 >serial
    certificate_config "$names" >openssl.cnf
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -out ca.pem -days 3650 -subj /CN=kubernetes \
      -config openssl.cnf -extensions authority
    openssl req -newkey rsa:2048 -nodes -keyout kubernetes-key.pem -out kubernetes.csr -subj /O=k8s/CN=kubernetes \
      -config openssl.cnf
    openssl ca -batch -config openssl.cnf -in kubernetes.csr -out kubernetes.pem -notext -days 3650
    openssl req -new -key kubernetes-key.pem -out expired.csr -subj /O=k8s/CN=expired -config openssl.cnf
    openssl ca -batch -config openssl.cnf -in expired.csr -out expired.pem -notext \
      -startdate 20200101000000Z -enddate 20210101000000Z
    # etcd's JSON gateway takes no certificate with a name of its own once users are wanted.
    openssl req -new -key kubernetes-key.pem -out nameless.csr -subj /O=k8s -config openssl.cnf
    openssl ca -batch -config openssl.cnf -in nameless.csr -out nameless.pem -notext -days 3650
    cp kubernetes-key.pem expired-key.pem
    cp kubernetes-key.pem nameless-key.pem
    chmod 600 ./*-key.pem
    chmod 644 ca.pem kubernetes.pem expired.pem nameless.pem
  ) >"$RUN/openssl.log" 2>&1 || { tail -5 "$RUN/openssl.log" >&2; fail 'openssl could not make the certificates'; }
  make_ssh_keys "$n"
}

certificate_config() {
  cat <<TEXT
[ca]
default_ca = lab
[lab]
database = index.txt
serial = serial
new_certs_dir = .
certificate = ca.pem
private_key = ca-key.pem
default_md = sha256
policy = any
unique_subject = no
x509_extensions = node
[any]
organizationName = optional
commonName = optional
[req]
distinguished_name = subject
prompt = no
[subject]
[authority]
basicConstraints = critical,CA:true
keyUsage = keyCertSign,cRLSign
subjectKeyIdentifier = hash
[node]
basicConstraints = CA:false
keyUsage = digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth,clientAuth
subjectAltName = $1
TEXT
}

make_ssh_keys() {
  local n=$1 dir=$RUN/ssh k
  mkdir -p "$dir"
  chmod 700 "$dir"
  for k in id_ed25519 id_wrong $(seq -f 'host_node%g' 1 "$n"); do ssh-keygen -q -t ed25519 -N '' -C "lab $k" -f "$dir/$k"; done
  for ((k = 1; k <= n; k++)); do
    echo "10.0.0.$((110 + k)) $(cut -d' ' -f1,2 "$dir/host_node$k.pub")"
  done >"$dir/known_hosts"
  rm -rf "$LAB_DIR/ssh"
  ln -s run/ssh "$LAB_DIR/ssh"
}
